package tournamentdaemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/tournament"
)

// daemon is TOURNAMENT_DAEMON.
type daemon struct {
	*pipeline.Rounds[look]
	rt     host.Runtime
	config Config
	// Only Tick uses these, by configuration: the tournament whose end this copy has told, and the ladders that rest.
	told  map[string]string
	rests map[string]rest
}

// rest is when a ladder had nothing to play, and who was in office then.
type rest struct {
	since  time.Time
	office string
}

var (
	_ host.Ticker     = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	d := &daemon{rt: rt, config: config, told: map[string]string{}, rests: map[string]rest{}}
	d.Rounds = pipeline.NewRounds(rt, config.Interval, d.look)
	return d
}

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name {
	return []bus.Name{"WORK_COMPLETED", "WORK_FAILED", "MODEL_PROMOTED", "PROMOTION_ROLLED_BACK"}
}

// look goes through the configurations that have a model.
func (d *daemon) look(ctx context.Context, session *ledger.Session, seen *look) error {
	pointers, err := session.Ledger().Pointers(ctx, "")
	if err != nil {
		return err
	}
	office := map[string]string{}
	for _, pointer := range pointers {
		office[pointer.ConfigKey] += fmt.Sprintf("%s %d ", pointer.Name, pointer.Sequence)
	}
	for _, pointer := range pointers {
		if pointer.Name != ledger.Canonical {
			continue
		}
		if err := d.attend(ctx, session, pointer.ConfigKey, office[pointer.ConfigKey], seen); err != nil {
			return fmt.Errorf("tournaments of %s: %w", pointer.ConfigKey, err)
		}
	}
	return nil
}

// attend takes the tournament of a configuration as far as it goes now, and plans the next one when it is time.
func (d *daemon) attend(ctx context.Context, session *ledger.Session, configKey, office string, seen *look) error {
	if _, _, err := d.config.Workloads.Of(configKey); err != nil {
		return nil // nobody here can play it
	}
	plan, found, err := tournament.Latest(ctx, session.Ledger(), configKey)
	if err != nil {
		return err
	}
	if found {
		result, ended, err := tournament.ResultOf(ctx, session.Ledger(), plan.ID)
		switch {
		case err != nil:
			return err
		case !ended:
			return d.follow(ctx, session, plan, seen)
		}
		seen.ended(result)
		if err := seen.calibrated(ctx, session.Ledger(), configKey, plan.Harness); err != nil {
			return err
		}
		if err := d.tell(ctx, session.Ledger(), plan, result); err != nil {
			return err
		}
	}
	return d.begin(ctx, session, configKey, office, plan)
}

// follow looks at the job of an open tournament.
func (d *daemon) follow(ctx context.Context, session *ledger.Session, plan tournament.Plan, seen *look) error {
	job, err := session.Ledger().JobByKey(ctx, plan.JobKey())
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return seen.open(ctx, session.Ledger(), plan, "QUEUE_POPULATOR has not put it into the queue")
	case err != nil:
		return err
	case !job.Status.Final():
		return seen.open(ctx, session.Ledger(), plan, fmt.Sprintf("job %s is %s", job.ID, job.Status))
	}
	return d.conclude(ctx, session, plan, job)
}

// begin plans the next tournament, if it is time for one and there is something to be played: first whether the baselines
// are what they should be, then who is stronger. What was not played last goes first, so that neither keeps the other waiting.
func (d *daemon) begin(ctx context.Context, session *ledger.Session, configKey, office string, last tournament.Plan) error {
	now, err := session.Ledger().Now(ctx)
	if err != nil {
		return err
	}
	w, config, err := d.config.Workloads.Of(configKey)
	if err != nil {
		return err
	}
	coming := next{session.Ledger(), w, config, last.Number + 1, now, d.config.settings()}
	drafts := []func() (tournament.Plan, bool, error){
		func() (tournament.Plan, bool, error) { return coming.calibration(ctx) },
		func() (tournament.Plan, bool, error) { return d.ladder(ctx, coming, office) },
	}
	if last.Kind == tournament.Calibration {
		slices.Reverse(drafts)
	}
	for _, draft := range drafts {
		plan, plays, err := draft()
		if err != nil {
			return err
		}
		if plays {
			_, err = tournament.Save(ctx, session, plan)
			return err
		}
	}
	return nil
}

// ladder is the next one, and whether it is time for it. One with nothing to play rests for a while.
func (d *daemon) ladder(ctx context.Context, coming next, office string) (plan tournament.Plan, plays bool, err error) {
	interval := coming.settings.LadderInterval
	last, _, err := tournament.LatestOf(ctx, coming.ledger, coming.config.Key, tournament.Ladder)
	if err != nil || coming.now.Sub(last.MadeAt) < interval {
		return plan, false, err
	}
	if rest := d.rests[coming.config.Key]; rest.office == office && coming.now.Sub(rest.since) < interval {
		return plan, false, nil
	}
	if plan, plays, err = coming.ladder(ctx); err == nil && !plays {
		d.rests[coming.config.Key] = rest{coming.now, office}
	}
	return plan, plays, err
}
