package modeldistribution

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// toldKey names the checkpoint of what was announced about each file.
const toldKey = "announced"

// announce tells of each file whose outcome is another than what was told last. It looks at the ledger and not at
// what this round did, so that a crash in between costs no event.
func (r *round) announce(ctx context.Context) error {
	text, found, err := r.rt.Bus.Load(ctx, toldKey)
	if err != nil {
		return err
	}
	before := map[string]string{}
	if found {
		if err := json.Unmarshal(text, &before); err != nil {
			return fmt.Errorf("read what was announced: %w", err)
		}
	}
	after, changed := map[string]string{}, len(before) != len(r.wanted)
	for _, w := range r.sorted() {
		outcome, err := r.outcome(ctx, w)
		if err != nil {
			return err
		}
		word := strings.Join(outcome.DeliveredTo, " ") + "/" + strings.Join(outcome.Failed, " ") + "/" + strings.Join(outcome.Waiting, " ")
		if after[w.SHA256] = word; before[w.SHA256] == word {
			continue
		}
		changed = true
		for _, payload := range payloads(w, outcome, before[w.SHA256] == "") {
			if err := r.rt.Bus.Publish(ctx, payload); err != nil {
				return err
			}
		}
	}
	if !changed {
		return nil
	}
	if text, err = json.Marshal(after); err != nil {
		return fmt.Errorf("write what was announced: %w", err)
	}
	return r.rt.Bus.Save(ctx, toldKey, text)
}

// outcome says which nodes have a file, could not be given it, or wait for it.
func (r *round) outcome(ctx context.Context, w *want) (bus.Distribution, error) {
	o := bus.Distribution{
		Config: bus.ConfigOf(w.ConfigKey), ModelID: w.modelID, Role: w.Role, Name: w.Name, SHA256: w.SHA256,
		DeliveredTo: []string{}, Failed: []string{}, Waiting: []string{},
	}
	deliveries, err := r.deliveries(ctx, w.SHA256)
	if err != nil {
		return o, err
	}
	for _, node := range w.nodes {
		d, asked := deliveries[node]
		switch {
		case r.has(node, w.SHA256), !r.read[node] && asked && d.State == ledger.DeliveryVerified:
			o.DeliveredTo = append(o.DeliveredTo, node)
		case asked && d.State == ledger.DeliveryFailed:
			o.Failed = append(o.Failed, node)
			o.Reason = d.Error
		default:
			o.Waiting = append(o.Waiting, node)
		}
	}
	if len(o.Waiting) > 0 && len(r.sources(w.SHA256, "")) == 0 {
		r.work.finding("%s %s is wanted on %s and no node that answers has it", w.Role, w.Name, strings.Join(o.Waiting, ", "))
	}
	r.work.wanted += len(w.nodes)
	r.work.delivered += len(o.DeliveredTo)
	r.work.failed += len(o.Failed)
	return o, nil
}

func payloads(w *want, o bus.Distribution, first bool) (all []bus.Payload) {
	model := w.Role == string(data.RoleModel)
	if first && model && len(o.Waiting) > 0 {
		all = append(all, bus.ModelDistributionStarted{Distribution: o})
	}
	switch {
	case len(o.Failed) > 0 && model:
		all = append(all, bus.ModelDistributionFailed{Distribution: o})
	case len(o.Failed) > 0:
		all = append(all, bus.DatasetDistributionFailed{Distribution: o})
	case len(o.Waiting) > 0 || len(o.DeliveredTo) == 0:
	case model:
		all = append(all, bus.ModelDistributionComplete{Distribution: o})
	default:
		all = append(all, bus.DatasetDistributionComplete{Distribution: o})
	}
	return all
}
