package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// attempt is one call of Run.
type attempt struct {
	*Executor
	Assignment
	workload *workload.Workload
	teller   *teller
	folder   attemptFolder
	report   Report
}

func newAttempt(e *Executor, assignment Assignment, observe func(Progress)) *attempt {
	return &attempt{
		Executor: e, Assignment: assignment,
		teller: newTeller(e.config.Now, observe, assignment.Resume),
		report: Report{JobID: assignment.JobID, Attempt: assignment.Attempt, Node: e.config.Node, Started: e.config.Now().UTC()},
	}
}

func (t *attempt) run(ctx context.Context) (Report, error) {
	if err := t.work(ctx); err != nil {
		decision, err := judge(ctx, err)
		if err != nil {
			return Report{}, fmt.Errorf("run job %s: %w", t.JobID, err)
		}
		t.report.Decision = decision
	}
	t.report.Decision.Reason = cut(t.report.Decision.Reason)
	t.report.Checkpoint = t.teller.last()
	t.report.Ended = t.config.Now().UTC()
	return t.report, nil
}

// work brings the attempt to its end. Its error is for judge.
func (t *attempt) work(ctx context.Context) (err error) {
	if t.workload, err = t.Executor.workload(t.Request.Workload); err != nil {
		return err
	}
	t.report.WorkloadHash = t.workload.Hash
	if err := t.offers(); err != nil {
		return err
	}
	inputs, err := t.gather(ctx)
	if err != nil {
		return err
	}
	request := t.request(inputs)
	if t.folder, err = t.Executor.attemptFolder(t.JobID, t.Attempt); err != nil {
		return err
	}
	started, err := t.folder.begin(request)
	if err != nil {
		return err
	}
	err = t.execute(ctx, started)
	if err == nil && (t.report.Decision.Action == workload.ActionRebuildInput || t.blamed() != nil) {
		err = t.examine(ctx)
	}
	return errors.Join(err, t.folder.clear())
}

// offers says whether the workload of this node can do what is asked.
func (t *attempt) offers() error {
	manifest := t.workload.Manifest
	if _, plays := manifest.Config(t.ConfigKey); !plays || !manifest.Has(t.Command) {
		return elsewhere(classNoWorkload, "workload %s %s of node %s does not offer %s of %q", manifest.Name, manifest.Version,
			t.config.Node, t.Command, t.ConfigKey)
	}
	return nil
}

// execute runs the command and keeps what it hands over.
func (t *attempt) execute(ctx context.Context, started *workload.Attempt) error {
	gpus, giveBack, err := t.Executor.devices.take(t.Resources.GPU)
	if err != nil {
		return err
	}
	defer giveBack()
	lines, err := t.folder.openLines()
	if err != nil {
		return err
	}
	keeper, told := t.keepCheckpoints(context.WithoutCancel(ctx), started), curves{}
	t.teller.stage(StageRunning)
	report, err := t.config.Runner.Run(ctx, run.Job{
		Workload: t.workload, Attempt: started, GPUs: gpus, Grace: t.config.Grace, SilentLimit: t.SilentLimit, Nice: niceness(t.Kind, t.Class),
		OnLine: func(line workload.Line) {
			lines.add(line)
			t.teller.line(line)
			told.line(line)
			keeper.offer(line)
		},
	})
	keeper.close()
	if err := lines.close(); err != nil {
		t.config.Logger.Warn("what a job told is not all in its log", "job", t.JobID, "attempt", t.Attempt, "error", err)
	}
	if err != nil {
		return err
	}
	if t.Trial == nil { // else it is no run of its own
		t.report.Curves = told.all()
	}
	t.say(report, keeper)
	return t.keep(context.WithoutCancel(ctx), started, report)
}

// say takes over what the runner found.
func (t *attempt) say(report *run.Report, keeper *keeper) {
	t.report.Decision, t.report.Exit = report.Decision, report.Exit.String()
	if report.Message != "" {
		t.report.Decision.Reason += ": " + report.Message
	}
	for _, flag := range report.Flags {
		t.report.Flags = append(t.report.Flags, cut(flag.Error()))
	}
	t.report.Flags = append(t.report.Flags, keeper.faults...)
}

// request is what the command is started with.
func (t *attempt) request(inputs gathered) workload.Request {
	request := workload.Request{
		Contract: workload.Contract, JobID: t.JobID, Attempt: int(t.Attempt), Command: t.Command, ConfigKey: t.ConfigKey,
		Seed: t.Seed, IssuedAt: t.IssuedAt, Limits: t.limits(), Inputs: inputs.files, ResumeFrom: inputs.resume,
		PlanVersion: t.PlanVersion, Params: t.Params,
	}
	if len(request.Params) == 0 {
		request.Params = json.RawMessage("{}")
	}
	if part := len(t.Parts); part > 0 { // or its games would be those of the parts before
		request.JobID = fmt.Sprintf("%s-%d", t.JobID, part)
		request.Seed = (t.Seed + int64(part)) & workload.MaxSeed
	}
	if t.RunLimit > 0 { // the command is told whole seconds: not less than its limit
		request.Deadline = t.config.Now().Add(t.RunLimit + time.Second).Truncate(time.Second).UTC()
	}
	return request
}

func (t *attempt) limits() workload.Limits {
	threads := max(1, int(math.Ceil(t.Resources.CPU)))
	if t.Threads > 0 {
		threads = min(threads, t.Threads)
	}
	return workload.Limits{CPU: threads, MemMB: int(t.Resources.MemMB), GPU: int(t.Resources.GPU)}
}

// maxText bounds what is said of an ending, in bytes.
const maxText = 4 << 10

// cut shortens a text from its end, so that it can be stored.
func cut(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText-3], "") + "…"
}
