package cli

import (
	"context"
	"encoding/json"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
	"github.com/ringrift/orchestrator/internal/web/webclient"
)

// topMeter looks at the fleet and its nodes again and again. Nothing of what it asks is written to any history.
type topMeter struct {
	app        *app
	fleet      *control.Client
	watch      *control.Watch
	categories map[spec.Type]spec.Category
	before     map[string]processorUse // by workflow id
}

// processorUse is what the processes of a program have used up to a moment, and the share of a processor that this was.
type processorUse struct {
	pid     int64
	seconds float64
	at      time.Time
	percent *float64 // nil until there are two measurements of the same process
}

func newTopMeter(a *app, fleet *control.Client) *topMeter {
	return &topMeter{
		app: a, fleet: fleet, watch: control.NewWatch(fleet, topVerdicts),
		categories: map[spec.Type]spec.Category{}, before: map[string]processorUse{},
	}
}

// measure asks the supervisor, and each node what its daemons use.
func (m *topMeter) measure(ctx context.Context) (topReport, error) {
	status, err := m.watch.Status(ctx)
	if err != nil {
		return topReport{}, err
	}
	if err := m.learn(ctx, status.Daemons); err != nil {
		return topReport{}, err
	}
	here, nodes := m.ask(ctx, status.Nodes)
	report := topReport{At: m.app.Now().UTC(), Summary: summarize(status), Nodes: nodes, Daemons: []topRow{}}
	now := map[string]processorUse{}
	for _, info := range flatten(status.Daemons) {
		if info.Kind == spec.KindGroup && len(info.Members) > 0 {
			continue // its members tell more
		}
		id := spec.WorkflowID(info.Daemon, info.Node)
		info.Health.Details = nil // what its workflow has heard last may be hours old
		if found, runs := here[id]; runs && found.Epoch >= info.Epoch {
			info.Health, info.Worker = found.Health, found.Worker
		}
		row := newTopRow(info.At(m.app.Now()), m.categories[info.Daemon], status.Nodes)
		if use, known := m.use(id, info.Health.Details); known {
			row.CPU, now[id] = use.percent, use
		}
		report.Daemons = append(report.Daemons, row)
	}
	m.before = now
	return report, nil
}

// learn finds out the categories, when there is a daemon whose category is not known yet.
func (m *topMeter) learn(ctx context.Context, daemons []spec.Info) error {
	for _, info := range daemons {
		if _, known := m.categories[info.Daemon]; known {
			continue
		}
		plan, err := m.fleet.Plan(ctx)
		if err != nil {
			return err
		}
		for _, row := range plan.Request.Daemons {
			m.categories[row.Type] = row.Category
		}
		return nil
	}
	return nil
}

// ask asks all nodes at once, and returns their daemons by workflow id.
func (m *topMeter) ask(ctx context.Context, nodes []spec.Node) (map[string]spec.Info, []topNode) {
	answers, list := make([]web.Here, len(nodes)), make([]topNode, len(nodes))
	client := webclient.Client{Token: m.app.Config.HealthToken}
	var group errgroup.Group
	for i, node := range nodes {
		group.Go(func() error {
			list[i].ID = node.ID
			var err error
			if answers[i], err = client.Daemons(ctx, node); err != nil {
				list[i].Fault = err.Error()
			}
			return nil
		})
	}
	_ = group.Wait() // each keeps its own error
	daemons := map[string]spec.Info{}
	for _, answer := range answers {
		for _, info := range answer.Daemons {
			if id := spec.WorkflowID(info.Daemon, info.Node); info.Epoch >= daemons[id].Epoch {
				daemons[id] = info
			}
		}
	}
	return daemons, list
}

// use is what the processes of a daemon have used, if it has any, compared with the measurement before.
func (m *topMeter) use(id string, details map[string]any) (use processorUse, known bool) {
	pid, hasPID := number(details, spec.DetailPID)
	seconds, hasSeconds := number(details, spec.DetailCPU)
	text, _ := details[spec.DetailMeasuredAt].(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if !hasPID || !hasSeconds || err != nil {
		return use, false
	}
	use = processorUse{pid: int64(pid), seconds: seconds, at: at}
	before, measured := m.before[id]
	switch {
	case !measured || before.pid != use.pid:
	case !at.After(before.at):
		return before, true // the same measurement once more
	default:
		// What a descendant had used that somebody else has waited for is gone from the sum: then it is not known.
		if percent := (seconds - before.seconds) / at.Sub(before.at).Seconds() * 100; percent >= 0 {
			use.percent = &percent
		}
	}
	return use, true
}

// number reads a figure of a health's details; there need not be one.
func number(details map[string]any, name string) (value float64, known bool) {
	text, err := json.Marshal(details[name])
	if err != nil || details[name] == nil {
		return 0, false
	}
	return value, json.Unmarshal(text, &value) == nil
}
