package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// repeatPause is the wait before an act is tried again that has changed nothing.
const repeatPause = 5 * time.Second

// Pipeline is the training loop of one configuration. It goes by facts that DATA_PIPELINE brings and by time, and
// has every step written into the ledger, where its owner finds it. What it decides from is in its history.
func Pipeline(ctx workflow.Context, in spec.PipelineInput) error {
	p, err := newPipeline(ctx, in)
	if err != nil {
		return err
	}
	for {
		p.inbox.drain(func(m message) { p.receive(ctx, m) })
		p.intent.expire(workflow.Now(ctx))
		course := plot(p.view(), workflow.Now(ctx))
		if course.act != nil && (p.last == nil || *course.act != *p.last) {
			if err := p.do(ctx, *course.act); err != nil {
				return err
			}
			continue
		}
		if course.act != nil { // the ledger did not take it: somebody else was faster, or something is wrong
			course.wake, p.last = workflow.Now(ctx).Add(repeatPause), nil
		}
		p.alarm.set(ctx, earliest(course.wake, p.intent.nextExpiry()))
		workflow.SetCurrentDetails(ctx, p.details())
		if p.mayContinueAsNew(ctx) {
			carry := p.carry()
			return workflow.NewContinueAsNewError(ctx, spec.WorkflowPipeline, spec.PipelineInput{ConfigKey: p.configKey, Carry: &carry})
		}
		if err := workflow.Await(ctx, func() bool { return !p.inbox.empty() || p.alarm.rang() }); err != nil {
			return err
		}
	}
}

type pipeline struct {
	configKey string
	inbox     *inbox
	alarm     alarm
	intent    intent
	facts     spec.PipelineFacts
	last      *spec.PipelineAct // that was done since the facts came from elsewhere

	stage  spec.Stage
	since  time.Time
	reason string
}

func newPipeline(ctx workflow.Context, in spec.PipelineInput) (*pipeline, error) {
	box, err := inboxOf(ctx)
	if err != nil {
		return nil, err
	}
	carry := spec.PipelineCarry{Since: workflow.Now(ctx)}
	if in.Carry != nil {
		carry = *in.Carry
	}
	p := &pipeline{
		configKey: in.ConfigKey, inbox: box, intent: intentOf(spec.Carry{Pauses: carry.Pauses}),
		facts: carry.Facts, stage: carry.Stage, since: carry.Since, reason: carry.Reason,
	}
	return p, workflow.SetQueryHandler(ctx, spec.QueryPipeline, func() (spec.PipelineStatus, error) { return p.status(), nil })
}

func (p *pipeline) receive(ctx workflow.Context, m message) {
	var err error
	switch spec.Verb(m.name) {
	case spec.SignalFacts:
		err = take(m, p.learn)
	case spec.VerbPause:
		err = take(m, func(payload spec.Command) {
			if reason, until, invalid := (&command{Command: payload}).pause(workflow.Now(ctx)); invalid == nil {
				p.intent.pauses[reason] = until
			} else {
				workflow.GetLogger(ctx).Warn("pause refused", "error", invalid)
			}
		})
	case spec.VerbResume:
		err = take(m, func(payload spec.Command) {
			if refused := p.intent.resume(payload.Reason); refused != nil {
				workflow.GetLogger(ctx).Warn("resume refused", "error", refused)
			}
		})
	default:
		workflow.GetLogger(ctx).Warn("signal refused", "signal", m.name, "takes", "pause and resume")
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("signal refused", "signal", m.name, "error", err)
	}
}

// learn takes facts that are newer than what is known.
func (p *pipeline) learn(facts spec.PipelineFacts) {
	if facts.At.After(p.facts.At) {
		p.facts, p.last = facts, nil
	}
}

// do has one act carried out and takes what the ledger says then.
func (p *pipeline) do(ctx workflow.Context, act spec.PipelineAct) error {
	dated := act
	dated.At = workflow.Now(ctx)
	var facts spec.PipelineFacts
	if err := workflow.ExecuteLocalActivity(ledgerOptions(ctx), spec.ActivityActPipeline, dated).Get(ctx, &facts); err != nil {
		return err
	}
	p.learn(facts)
	p.last = &act
	if act.Stage != p.stage || act.Reason != p.reason {
		if act.Stage != p.stage {
			p.since = workflow.Now(ctx)
		}
		p.stage, p.reason = act.Stage, act.Reason
	}
	return nil
}

// mayContinueAsNew is asked between two acts: everything that is known goes along.
func (p *pipeline) mayContinueAsNew(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && p.inbox.empty()
}

func (p *pipeline) carry() spec.PipelineCarry {
	return spec.PipelineCarry{Facts: p.facts, Stage: p.stage, Since: p.since, Reason: p.reason, Pauses: p.intent.pauses}
}

func (p *pipeline) status() spec.PipelineStatus {
	return spec.PipelineStatus{ConfigKey: p.configKey, PipelineCarry: p.carry(), NextLookAt: p.alarm.at}
}
