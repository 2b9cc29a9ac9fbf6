package tournamentdaemon

import (
	"context"
	"errors"
	"fmt"
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
		if err := d.tell(ctx, plan, result); err != nil {
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

// begin plans the next tournament, unless it is too early or there is nothing to be played.
func (d *daemon) begin(ctx context.Context, session *ledger.Session, configKey, office string, last tournament.Plan) error {
	settings := d.config.settings()
	now, err := session.Ledger().Now(ctx)
	if err != nil || now.Sub(last.MadeAt) < settings.LadderInterval {
		return err
	}
	if rest := d.rests[configKey]; rest.office == office && now.Sub(rest.since) < settings.LadderInterval {
		return nil
	}
	w, config, err := d.config.Workloads.Of(configKey)
	if err != nil {
		return err
	}
	plan, plays, err := draft(ctx, session.Ledger(), w, config, last.Number+1, settings)
	if err != nil {
		return err
	}
	if !plays {
		d.rests[configKey] = rest{now, office}
		return nil
	}
	_, err = tournament.Save(ctx, session, plan)
	return err
}
