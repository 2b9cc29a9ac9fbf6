package curriculumintegration

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

type integration struct {
	*pipeline.Rounds[round]
	config Config
	rt     host.Runtime
	// Only Tick touches them.
	told  int64                // the version that this copy has told
	bound map[string]time.Time // since when a weight was seen at its bound
}

// round is what one round saw.
type round struct {
	weights feedback.Weights
	bound   map[string]time.Time // since when a weight is at its bound
}

var (
	_ host.Ticker     = (*integration)(nil)
	_ host.Subscriber = (*integration)(nil)
	_ host.Checker    = (*integration)(nil)
)

func newIntegration(config Config, rt host.Runtime) *integration {
	i := &integration{config: config, rt: rt, bound: map[string]time.Time{}}
	i.Rounds = pipeline.NewRounds(rt, config.Interval, i.round)
	return i
}

// Subscriptions implements host.Subscriber.
func (i *integration) Subscriptions() []bus.Name {
	return append(feedback.WeightProposals(), "PIPELINE_STAGE_CHANGED")
}

// Handle implements host.Subscriber: a proposal is put on record, anything else is a hint that there are results.
func (i *integration) Handle(ctx context.Context, event bus.Event) error {
	if i.rt.Ledger == nil {
		return errors.New("this process has no ledger")
	}
	return feedback.Note(ctx, i.rt.Ledger, event)
}

// Tick implements host.Ticker.
func (i *integration) Tick(ctx context.Context) error {
	if i.config.Configs == nil {
		return nil // nothing is trained
	}
	return i.Rounds.Tick(ctx)
}

func (i *integration) round(ctx context.Context, session *ledger.Session, seen *round) (err error) {
	if seen.weights, err = i.weigh(ctx, session); err != nil {
		return err
	}
	i.watch(seen.weights)
	seen.bound = maps.Clone(i.bound)
	return i.tell(ctx, seen.weights)
}

// weigh makes other weights if there is reason to, and returns those that hold. Once the training of all configurations is
// over the last ones fade by themselves.
func (i *integration) weigh(ctx context.Context, session *ledger.Session) (feedback.Weights, error) {
	var all []feedback.Evidence
	rest := true
	for _, key := range i.config.Configs() {
		targets := i.config.Terms(key).Targets
		over, err := targets.Over(ctx, session.Ledger(), key)
		if err != nil {
			return feedback.Weights{}, err
		}
		one, err := pipeline.FeedbackOf(ctx, session.Ledger(), key, targets.Harness)
		if err != nil {
			return feedback.Weights{}, err
		}
		all, rest = append(all, one), rest && over
	}
	if rest && len(all) > 0 {
		return feedback.LatestWeights(ctx, session.Ledger())
	}
	return feedback.BringWeights(ctx, session, all, i.config.Policy())
}

// tell publishes weights that this copy has not told yet: who made them may have died before.
func (i *integration) tell(ctx context.Context, weights feedback.Weights) error {
	if weights.Version == i.told {
		return nil
	}
	// What is older than the log's memory was told when it was made.
	if !i.rt.Bus.Client().MayRepeat(weights.MadeAt) {
		told := bus.CurriculumRebalanced{
			Version: weights.Version, Weights: weights.Values, PreviousWeights: weights.Previous, ChangedConfigs: weights.Changed,
			Trigger: strings.Join(weights.Why(), "; "),
		}
		if err := i.rt.Bus.Publish(ctx, told); err != nil {
			return err
		}
	}
	i.told = weights.Version
	return nil
}
