package progress

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
)

// quarantinesPerConfig are told of, the newest.
const quarantinesPerConfig = 200

// markQuarantined is what a model in quarantine is, beside the pointers that are at it.
const markQuarantined = "quarantined"

// Judged is a decision about a model, and why it was taken.
type Judged struct {
	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// office is what the models of a configuration are.
type office struct {
	is          map[string][]string // by model: pointers by name, and whether it is in quarantine
	quarantines map[string]Judged   // by model
	// production is the newest decision about it; nil: there is none. It is about the canonical model and that in
	// production.
	production *Judged
	about      map[string]bool
}

// readOffice tells of one configuration.
func readOffice(ctx context.Context, l *ledger.Ledger, configKey string) (office, error) {
	o := office{is: map[string][]string{}, quarantines: map[string]Judged{}, about: map[string]bool{}}
	pointers, err := l.Pointers(ctx, configKey)
	if err != nil {
		return o, err
	}
	for _, pointer := range pointers {
		o.is[pointer.ModelID] = append(o.is[pointer.ModelID], string(pointer.Name))
	}
	quarantines, err := l.Decisions(ctx, pipeline.DecisionQuarantine, configKey, ledger.Page{Limit: quarantinesPerConfig})
	if err != nil {
		return o, err
	}
	for _, one := range quarantines.Items {
		o.is[one.Key] = append(o.is[one.Key], markQuarantined)
		o.quarantines[one.Key] = judged(one)
	}
	return o, o.readProduction(ctx, l, configKey)
}

func (o *office) readProduction(ctx context.Context, l *ledger.Ledger, configKey string) error {
	newest, err := l.Decisions(ctx, pipeline.DecisionProduction, configKey, ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return err
	}
	var record promotion.GuardRecord
	if err := json.Unmarshal(newest.Items[0].Inputs, &record); err != nil {
		return fmt.Errorf("decision %s: %w", newest.Items[0].Key, err)
	}
	made := judged(newest.Items[0])
	o.production = &made
	o.about[record.Verdict.Replaces], o.about[record.Verdict.To] = true, true
	if record.Evidence.Canonical != nil {
		o.about[record.Evidence.Canonical.ModelID] = true
	}
	return nil
}

func judged(decision ledger.Decision) Judged {
	return Judged{Verdict: decision.Verdict, Reason: decision.Reason, At: decision.DecidedAt.UTC()}
}

// offices are those of configurations, each read once.
type offices map[string]office

func (o offices) of(ctx context.Context, l *ledger.Ledger, configKey string) (office, error) {
	if known, found := o[configKey]; found {
		return known, nil
	}
	read, err := readOffice(ctx, l, configKey)
	if err == nil {
		o[configKey] = read
	}
	return read, err
}
