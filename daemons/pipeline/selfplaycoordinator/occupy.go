package selfplaycoordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// IdleSettings are when a node that nothing works on gets games that no plan asks for, and how many. Zero means the
// default.
type IdleSettings struct {
	// After is for how long it must have been idle; 2 min.
	After time.Duration
	// Games are those of one injection on a node without GPU; GPUGames on one with; 25 and 50.
	Games, GPUGames int64
	// Ceiling is how many games a configuration may have to get more this way; 3000.
	Ceiling int64
	// Cooldown is the least time between two injections on one node; 1 min.
	Cooldown time.Duration
	// Policy says where jobs go; nil: jobs.DefaultPolicy.
	Policy func() jobs.Policy
}

func (s IdleSettings) withDefaults() IdleSettings {
	s.After, s.Cooldown = cmp.Or(s.After, 2*time.Minute), cmp.Or(s.Cooldown, time.Minute)
	s.Games, s.GPUGames, s.Ceiling = cmp.Or(s.Games, 25), cmp.Or(s.GPUGames, 50), cmp.Or(s.Ceiling, 3000)
	if s.Policy == nil {
		s.Policy = jobs.DefaultPolicy
	}
	return s
}

// occupy has idle nodes play for the configuration that has the fewest games, once the queue has nothing for them.
func (c *coordinator) occupy(ctx context.Context, session *ledger.Session, settings IdleSettings, seen *round) error {
	l, settings := session.Ledger(), settings.withDefaults()
	recent, err := selfplay.Injections(ctx, l, max(settings.Cooldown, selfplay.InjectionLife))
	if err != nil {
		return err
	}
	if err := c.tellInjected(ctx, recent); err != nil { // whoever decided them may have died before
		return err
	}
	c.forget(recent)
	if seen.plan == nil || len(seen.plan.Configs) == 0 {
		return nil
	}
	place, err := survey(ctx, l, settings.Policy(), seen.plan)
	if err != nil || place.waiting > 0 {
		return err // JOB_SCHEDULER has jobs to place
	}
	for _, node := range place.idle(settings.After) {
		busy, err := occupied(ctx, l, node.id, recent, settings, place.Now)
		if err != nil {
			return err
		}
		if busy {
			continue
		}
		if err := c.inject(ctx, session, node, place, settings, seen); err != nil {
			return err
		}
	}
	return nil
}

// inject decides which configuration an idle node plays for.
func (c *coordinator) inject(ctx context.Context, session *ledger.Session, node idleNode, place site, settings IdleSettings, seen *round) error {
	config, refused := place.poorest(seen.plan, node, settings.Ceiling)
	if config == nil {
		seen.findings = append(seen.findings, fmt.Sprintf("node %s is idle: %s", node.id, refused))
		return nil
	}
	injection := selfplay.Injection{
		ID: node.id + "/" + place.Now.UTC().Format(idForm), NodeID: node.id, ConfigKey: config.Key, Games: settings.Games,
		PlanID: seen.plan.ID, IdleSeconds: node.seconds, TotalGames: place.games[config.Key],
	}
	if node.gpus {
		injection.Games = settings.GPUGames
	}
	if err := selfplay.SaveInjection(ctx, session, injection, reasonOf(injection)); err != nil {
		return err
	}
	injection.At = place.Now
	return c.tellInjected(ctx, []selfplay.Injection{injection})
}

func reasonOf(injection selfplay.Injection) string {
	return fmt.Sprintf("idle for %.0f s, and %s has only %d games", injection.IdleSeconds, injection.ConfigKey, injection.TotalGames)
}

// tellInjected tells of injections that this copy has not told of. Told twice they are one event.
func (c *coordinator) tellInjected(ctx context.Context, all []selfplay.Injection) error {
	for _, one := range all {
		if c.injected[one.ID] {
			continue
		}
		err := c.rt.Bus.Publish(ctx, bus.IdleNodeWorkInjected{
			Config: bus.ConfigOf(one.ConfigKey), InjectionID: one.ID, NodeID: one.NodeID, Games: one.Games, PlanID: one.PlanID, Reason: reasonOf(one),
		})
		if err != nil {
			return err
		}
		c.injected[one.ID] = true
	}
	return nil
}

// forget drops what is too old to be told again.
func (c *coordinator) forget(recent []selfplay.Injection) {
	maps.DeleteFunc(c.injected, func(id string, _ bool) bool {
		return !slices.ContainsFunc(recent, func(one selfplay.Injection) bool { return one.ID == id })
	})
}

// occupied says whether a node was given games that are not over, or was a moment ago.
func occupied(ctx context.Context, l *ledger.Ledger, node string, recent []selfplay.Injection, settings IdleSettings, now time.Time) (bool, error) {
	at := slices.IndexFunc(recent, func(one selfplay.Injection) bool { return one.NodeID == node })
	if at < 0 {
		return false, nil
	}
	if now.Sub(recent[at].At) < settings.Cooldown {
		return true, nil
	}
	job, err := l.JobByKey(ctx, recent[at].JobKey())
	if errors.Is(err, ledger.ErrNotFound) {
		return now.Sub(recent[at].At) < selfplay.InjectionLife, nil // QUEUE_POPULATOR has yet to look
	}
	return err == nil && !job.Status.Final(), err
}
