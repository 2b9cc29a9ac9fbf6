package datapipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// lookPause is how often a workflow that has nothing to be told is looked for: somebody may have ended it.
const lookPause = 30 * time.Second

// showPause is how often a workflow is told what it only shows: each time costs the server a task.
const showPause = 5 * time.Second

type daemon struct {
	*pipeline.Rounds[round]
	config Config
	rt     host.Runtime
	owners []*pipeline.Owner
	// Only Tick touches it.
	told  map[string]told
	asked map[string]int64 // iterations before whose training the quality was asked for
}

// told is what a workflow has heard last.
type told struct {
	digest, course [sha256.Size]byte // of the facts, and of what its next act follows from
	at             time.Time         // when it was told or looked for
}

// round is what one round saw.
type round struct {
	configs map[string]spec.PipelineFacts
	waiting []string
	failed  []string
	told    int
}

var (
	_ host.Ticker     = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
	_ host.Waker      = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	d := &daemon{config: config, rt: rt, told: map[string]told{}, asked: map[string]int64{}}
	d.owners = []*pipeline.Owner{
		pipeline.NewOwner(spec.StageSyncing, syncing{config.Aside}, rt.Bus),
		pipeline.NewOwner(spec.StageDistributing, handout{config.MinNodes}, rt.Bus),
	}
	d.Rounds = pipeline.NewRounds(rt, config.Interval, d.round)
	return d
}

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name {
	return []bus.Name{
		"SELFPLAY_COMPLETE", "NEW_GAMES_AVAILABLE", "DATA_SYNC_COMPLETED", "MODEL_DISTRIBUTION_COMPLETE", "WORK_COMPLETED", "WORK_FAILED",
		"PIPELINE_STAGE_CHANGED", "PIPELINE_STAGE_ENDED", "EVALUATION_STUCK", "EVALUATION_RECOVERED", "TRAINING_TIMEOUT_REACHED",
	}
}

// WokenBy implements host.Waker: the ledger has what these tell of.
func (d *daemon) WokenBy() []bus.Name {
	return []bus.Name{"SELFPLAY_COMPLETE", "WORK_COMPLETED", "WORK_FAILED", "PIPELINE_STAGE_CHANGED", "PIPELINE_STAGE_ENDED"}
}

// Tick implements host.Ticker.
func (d *daemon) Tick(ctx context.Context) error {
	switch {
	case d.config.Configs == nil:
		return nil // there is nothing to train
	case d.config.Pipelines == nil:
		return host.Never(errors.New("this process runs no workflows"))
	}
	return d.Rounds.Tick(ctx)
}

func (d *daemon) round(ctx context.Context, session *ledger.Session, seen *round) error {
	seen.configs = map[string]spec.PipelineFacts{}
	for _, owner := range d.owners {
		found, err := owner.Round(ctx, session)
		seen.waiting, seen.failed = append(seen.waiting, found.Waiting...), append(seen.failed, found.Failed...)
		if err != nil {
			return err
		}
	}
	for _, key := range d.config.Configs() {
		if err := d.inform(ctx, session.Ledger(), key, seen); err != nil {
			return err
		}
	}
	return nil
}

// inform tells a configuration's workflow what is new. One that is told nothing is looked for now and then.
func (d *daemon) inform(ctx context.Context, l *ledger.Ledger, key string, seen *round) error {
	facts, err := pipeline.Observe(ctx, l, key, d.config.Terms(key))
	if err != nil {
		return err
	}
	seen.configs[key] = facts
	if err := d.askQuality(ctx, key, facts); err != nil {
		return err
	}
	now, known := d.rt.Now(), d.told[key]
	news := told{digestOf(facts), digestOf(steering(facts)), now}
	switch {
	case known.course != news.course: // at once
	case known.digest != news.digest:
		if now.Sub(known.at) < showPause {
			return nil
		}
	case now.Sub(known.at) < lookPause:
		return nil
	default:
		runs, err := d.config.Pipelines.Runs(ctx, key)
		if err != nil {
			return host.Dependency(err)
		}
		if runs {
			d.told[key] = news
			return nil
		}
	}
	switch err := d.config.Pipelines.Tell(ctx, key, facts); {
	case errors.Is(err, pipeline.ErrSilent): // it holds up no other one
		seen.failed = append(seen.failed, fmt.Sprintf("%s: %v", key, err))
		return nil
	case err != nil:
		return host.Dependency(fmt.Errorf("reach the training loop: %w", err))
	}
	d.told[key] = news
	seen.told++
	return nil
}

// steering are the facts that move a workflow on. The others it only shows, or knows: its own orders, until they end.
func steering(facts spec.PipelineFacts) spec.PipelineFacts {
	facts.Stages = slices.DeleteFunc(slices.Clone(facts.Stages), func(one spec.StageFact) bool { return one.State == spec.StageOrdered })
	if facts.NewGames >= facts.Required { // for a cut it is enough that there are so many
		facts.NewGames = min(facts.NewGames, max(1, facts.Required))
	} else {
		facts.NewGames = 0
	}
	return facts
}

// digestOf tells facts apart, whenever they were read.
func digestOf(facts spec.PipelineFacts) [sha256.Size]byte {
	facts.At = time.Time{}
	text, err := json.Marshal(facts)
	if err != nil {
		return [sha256.Size]byte{} // it has only texts, numbers and times, which always encode
	}
	return sha256.Sum256(text)
}
