package gauntletfeedback

import (
	"context"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// history is how many evaluations one answer is made from; as many that were missed are answered.
const history = 10

// daemon is GAUNTLET_FEEDBACK.
type daemon struct {
	*pipeline.Rounds[look]
	rt     host.Runtime
	config Config
	// told is the answer of each configuration that this copy has told last. Only Tick uses it.
	told map[string]string
}

var (
	_ host.Ticker     = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	d := &daemon{rt: rt, config: config, told: map[string]string{}}
	d.Rounds = pipeline.NewRounds(rt, config.Interval, d.look)
	return d
}

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name { return []bus.Name{"EVALUATION_COMPLETED"} }

// look goes through the configurations that have a model.
func (d *daemon) look(ctx context.Context, session *ledger.Session, seen *look) error {
	pointers, err := session.Ledger().Pointers(ctx, "")
	if err != nil {
		return err
	}
	for _, pointer := range pointers {
		if pointer.Name != ledger.Canonical {
			continue
		}
		if err := d.attend(ctx, session, pointer.ConfigKey, seen); err != nil {
			return fmt.Errorf("feedback for %s: %w", pointer.ConfigKey, err)
		}
	}
	return nil
}

// attend answers the evaluations of a configuration that have no answer, the oldest first.
func (d *daemon) attend(ctx context.Context, session *ledger.Session, configKey string, seen *look) error {
	begun, err := d.finish(ctx, session.Ledger(), configKey, seen)
	if err != nil {
		return err
	}
	list, err := session.Ledger().Decisions(ctx, pipeline.DecisionEvaluation, configKey, ledger.Page{Limit: 2 * history})
	if err != nil {
		return err
	}
	missed := min(1, len(list.Items)) // of a configuration that is new to this daemon: what was long ago is no news
	if begun {
		if missed, err = unanswered(ctx, session.Ledger(), list.Items); err != nil {
			return err
		}
	}
	for i := range slices.Backward(list.Items[:missed]) {
		evidence, err := evidenceOf(ctx, session.Ledger(), configKey, list.Items[i:min(i+history, len(list.Items))])
		if err != nil {
			return err
		}
		answer, err := NewAnswer(evidence, d.config.Policy(configKey))
		if err != nil {
			return err
		}
		stored, err := keep(ctx, session, list.Items[i], answer)
		if err != nil {
			return err
		}
		if err := d.tell(ctx, stored); err != nil {
			return err
		}
		seen.answered++
		seen.note(stored)
	}
	return nil
}

// finish tells the newest answer, which the copy before this one may have kept and not told. It is false if there is none.
func (d *daemon) finish(ctx context.Context, l *ledger.Ledger, configKey string, seen *look) (found bool, err error) {
	newest, err := l.Decisions(ctx, pipeline.DecisionGauntlet, configKey, ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return false, err
	}
	seen.note(newest.Items[0])
	return true, d.tell(ctx, newest.Items[0])
}

// unanswered counts the newest evaluations that have no answer.
func unanswered(ctx context.Context, l *ledger.Ledger, evaluations []ledger.Decision) (int, error) {
	most := min(history, len(evaluations))
	for i, evaluation := range evaluations[:most] {
		found, err := answered(ctx, l, evaluation.Key)
		if err != nil || found {
			return i, err
		}
	}
	return most, nil
}
