package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// keptTransitions is how many changes `info` shows; the event log has them all.
const keptTransitions = 20

// record is what is known and published about the phases of one daemon or group.
type record struct {
	daemon spec.Type
	node   string

	phase   spec.Phase
	since   time.Time
	cause   spec.Cause
	actor   string
	reason  string
	refused string

	seq       int64
	kept      []spec.Transition
	unsent    []spec.Transition
	published spec.Phase // as it stands in the search attribute
}

func newRecord(daemon spec.Type, node string, carry spec.Carry) *record {
	r := &record{daemon: daemon, node: node, phase: carry.Phase, since: carry.Since, seq: carry.Seq, kept: carry.Transitions}
	if r.phase == "" {
		r.phase = spec.PhaseStopped
	}
	return r
}

// enter changes the phase. Entering the present phase again only updates the reason.
func (r *record) enter(ctx workflow.Context, to spec.Phase, cause spec.Cause, actor, reason string, epoch int64) {
	r.enterAt(ctx, workflow.Now(ctx), to, cause, actor, reason, epoch)
}

// enterAt is enter with word of a change that happened before the workflow heard of it. By its own clock it was never
// before the last change, nor will it be.
func (r *record) enterAt(ctx workflow.Context, at time.Time, to spec.Phase, cause spec.Cause, actor, reason string, epoch int64) {
	if r.since.IsZero() {
		r.since = workflow.Now(ctx)
	}
	if now := workflow.Now(ctx); at.After(now) {
		at = now
	}
	if at.Before(r.since) {
		at = r.since
	}
	if to == r.phase {
		if reason != "" {
			r.reason = reason
		}
		return
	}
	from := r.phase
	r.phase, r.since, r.cause, r.actor, r.reason = to, at, cause, actor, reason
	r.append(spec.Transition{From: from, To: to, Cause: cause, Actor: actor, Reason: reason, Epoch: epoch, At: r.since})
}

// refuse records a command that was turned down, so that one sent by signal does not vanish.
func (r *record) refuse(ctx workflow.Context, verb spec.Verb, actor string, why error) {
	r.refused = fmt.Sprintf("%s by %s: %v", verb, actor, why)
	r.append(spec.Transition{From: r.phase, To: r.phase, Actor: actor, Reason: why.Error(), Refused: verb, At: workflow.Now(ctx)})
}

func (r *record) append(t spec.Transition) {
	r.seq++
	t.Daemon, t.Node, t.Seq = r.daemon, r.node, r.seq
	r.unsent = append(r.unsent, t)
	r.kept = append(r.kept, t)
	if excess := len(r.kept) - keptTransitions; excess > 0 {
		r.kept = append([]spec.Transition(nil), r.kept[excess:]...)
	}
}

// publish hands the new transitions to the event log and the Web UI. Those into a passing phase go with
// the next one, which keeps a start and a stop short. The log keeps them on disk while the bus is down, so
// a failure here is a failing disk; the daemon goes on without.
func (r *record) publish(ctx workflow.Context, details string) {
	workflow.SetCurrentDetails(ctx, details)
	if r.phase != spec.PhaseStarting && r.phase != spec.PhaseStopping {
		r.flush(ctx)
	}
}

// flush publishes whatever is left.
func (r *record) flush(ctx workflow.Context) {
	if len(r.unsent) == 0 {
		return
	}
	sent := r.unsent
	r.unsent = nil
	if r.phase != r.published {
		r.published = r.phase
		if err := workflow.UpsertTypedSearchAttributes(ctx, phaseKey.ValueSet(string(r.phase))); err != nil {
			workflow.GetLogger(ctx).Error("search attribute", "error", err)
		}
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 2 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond, MaximumAttempts: 3},
	})
	if err := workflow.ExecuteLocalActivity(local, spec.ActivityPublish, spec.PublishInput{Transitions: sent}).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Error("transitions not published", "error", err)
	}
}

var (
	typeKey     = temporal.NewSearchAttributeKeyKeyword(spec.AttributeType)
	categoryKey = temporal.NewSearchAttributeKeyKeyword(spec.AttributeCategory)
	phaseKey    = temporal.NewSearchAttributeKeyKeyword(spec.AttributePhase)
	nodeKey     = temporal.NewSearchAttributeKeyKeyword(spec.AttributeNode)
	criticalKey = temporal.NewSearchAttributeKeyBool(spec.AttributeCritical)
)

func (d *daemon) enter(ctx workflow.Context, to spec.Phase, reason string) {
	var epoch int64
	at := workflow.Now(ctx)
	if d.run != nil {
		epoch = d.run.epoch
	}
	if to == spec.PhaseRunning {
		at = d.run.readyAt // its host paces its reports, so that they come seconds later at the start of a large fleet
	}
	d.log.enterAt(ctx, at, to, d.lastCause, d.actor, reason, epoch)
	d.link.tell(ctx, spec.Notice{
		Phase: to, Epoch: d.lastEpoch, Reason: reason, Desired: d.intent.desired(), FleetDown: d.fleetDown,
	})
}

func (d *daemon) publish(ctx workflow.Context) { d.log.publish(ctx, d.details()) }

func (d *daemon) info() spec.Info {
	info := spec.Info{
		Daemon: d.in.Spec.Type, Node: d.in.Node, Kind: spec.KindDaemon,
		Phase: d.log.phase, Desired: d.intent.desired(), Ready: d.log.phase.Ready(),
		Since: d.log.since, Cause: d.log.cause, Actor: d.log.actor, Reason: d.log.reason,
		RestartCount: min(d.spent, d.in.Spec.RestartBudget()-1), MaxRestarts: d.in.Spec.MaxRestarts, Restarts: d.restarts,
		LastError: d.lastError, NextTryAt: d.nextTryAt, BlockedOn: d.blockedOn, Pauses: d.intent.pauses,
		Refused: d.log.refused, Transitions: d.log.kept, FleetDown: d.fleetDown,
		Program: d.in.Spec.Program.Digest(),
		Health:  spec.Health{Status: spec.HealthUnknown},
	}
	if d.in.Node != "" {
		info.Kind = spec.KindMember
	}
	if r := d.run; r != nil {
		info.Epoch, info.Attempt, info.Worker = r.epoch, r.attempt, r.worker
		if r.ready {
			info.Health = r.health
			info.BudgetResetAt = r.readyAt.Add(d.in.Spec.StabilityWindow)
		}
	}
	return info
}

func (d *daemon) carry() spec.Carry {
	carry := spec.Carry{
		Desired: d.intent.desired(), Pauses: d.intent.pauses, Seq: d.log.seq, Spent: d.spent, Exhausted: d.exhausted,
		Restarts: d.restarts, LastError: d.lastError, NextTryAt: d.nextTryAt, Ended: d.ended, EndedReason: d.endedReason,
		Handover: d.handover, Phase: d.log.phase, Since: d.log.since, Worker: d.evict, Transitions: d.log.kept,
	}
	if d.run != nil {
		carry.Worker = d.run.worker
	}
	return carry
}

// details is the text on the workflow's page in the Web UI.
func (d *daemon) details() string {
	var b strings.Builder
	info := d.info()
	b.WriteString(fmt.Sprintf("**%s** since %s", info.Phase, info.Since.UTC().Format(time.RFC3339)))
	line(&b, "reason", info.Reason)
	line(&b, "by", info.Actor)
	line(&b, "desired", string(info.Desired))
	if info.FleetDown {
		line(&b, "fleet", "down")
	}
	line(&b, "worker", info.Worker)
	if len(info.BlockedOn) > 0 {
		line(&b, "blocked on", fmt.Sprint(info.BlockedOn))
	}
	if !info.NextTryAt.IsZero() {
		line(&b, "next try", info.NextTryAt.UTC().Format(time.RFC3339))
	}
	line(&b, "restarts", fmt.Sprintf("%d of %d in this budget", info.RestartCount, info.MaxRestarts))
	line(&b, "last error", info.LastError)
	line(&b, "refused", info.Refused)
	return b.String()
}

func line(b *strings.Builder, label, value string) {
	if value != "" {
		b.WriteString(fmt.Sprintf("\n\n%s: %s", label, value))
	}
}
