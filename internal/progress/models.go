package progress

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// ModelsPerPage is how many models are told of unless somebody asks for another number.
const ModelsPerPage = 50

const (
	decisionsPerPage = 100
	decisionPages    = 10
)

// Models is what `starter models` prints, the newest model first.
type Models struct {
	Models []Model `json:"models"`
	Next   string  `json:"next,omitempty"`
}

// Model is one model, what it is now and what was decided on it.
type Model struct {
	ledger.Model
	Pointers []string `json:"pointers"` // canonical, production, previous …
	Verdict  string   `json:"verdict,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	// Quarantined is by which decision it is never promoted again; null: it is not in quarantine.
	Quarantined *Judged `json:"quarantined,omitempty"`
	// Production is the newest decision about production, if it is about this model; null: it is about others.
	Production *Judged `json:"production,omitempty"`
}

// ReadModels tells of a page of the models of a configuration, or of all if it is empty.
func ReadModels(ctx context.Context, l *ledger.Ledger, config string, page ledger.Page) (Models, error) {
	report := Models{Models: []Model{}}
	list, err := l.Models(ctx, config, page)
	if err != nil || len(list.Items) == 0 {
		return report, err
	}
	known := offices{}
	decided, err := decisionsSince(ctx, l, config, list.Items[len(list.Items)-1].CreatedAt)
	if err != nil {
		return report, err
	}
	for _, model := range list.Items {
		row := Model{Model: model, Pointers: []string{}}
		if err := row.addOffice(ctx, l, known); err != nil {
			return report, err
		}
		if decision, found := decided[model.ID]; found {
			row.Verdict, row.Reason = decision.Verdict, decision.Reason
		}
		report.Models = append(report.Models, row)
	}
	report.Next = list.Next
	return report, nil
}

// addOffice tells what a model is, and what was decided about it in production.
func (m *Model) addOffice(ctx context.Context, l *ledger.Ledger, known offices) error {
	office, err := known.of(ctx, l, m.ConfigKey)
	if err != nil {
		return err
	}
	for _, is := range office.is[m.ID] {
		if is != markQuarantined {
			m.Pointers = append(m.Pointers, is)
		}
	}
	if quarantine, found := office.quarantines[m.ID]; found {
		m.Quarantined = &quarantine
	}
	if office.about[m.ID] {
		m.Production = office.production
	}
	return nil
}

// decisionsSince has the newest decision on each model, of those that were taken after a moment and of the last
// thousand. A model is older than what is decided on it, so the newest models cost a page or two.
func decisionsSince(ctx context.Context, l *ledger.Ledger, config string, since time.Time) (map[string]ledger.Decision, error) {
	found, page := map[string]ledger.Decision{}, ledger.Page{Limit: decisionsPerPage}
	for range decisionPages {
		list, err := l.Decisions(ctx, pipeline.DecisionPromotion, config, page)
		if err != nil {
			return nil, err
		}
		for _, decision := range list.Items {
			if decision.DecidedAt.Before(since) {
				return found, nil
			}
			model, err := candidateOf(decision)
			if err != nil {
				return nil, err
			}
			if _, newer := found[model]; !newer {
				found[model] = decision
			}
		}
		if list.Next == "" {
			break
		}
		page.After = list.Next
	}
	return found, nil
}

// candidateOf reads no more of the evidence than whom it is about.
func candidateOf(decision ledger.Decision) (string, error) {
	var inputs struct {
		Record struct {
			Evidence struct {
				Candidate struct {
					ModelID string `json:"model_id"`
				} `json:"candidate"`
			} `json:"evidence"`
		} `json:"record"`
	}
	if err := json.Unmarshal(decision.Inputs, &inputs); err != nil {
		return "", fmt.Errorf("decision %s: %w", decision.Key, err)
	}
	return inputs.Record.Evidence.Candidate.ModelID, nil
}
