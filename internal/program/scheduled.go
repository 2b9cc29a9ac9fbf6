package program

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
)

// lastRunKey is the checkpoint that tells a later attempt which run was the last.
const lastRunKey = "last_run"

// lastRun is a run of a scheduled program, kept on the bus.
type lastRun struct {
	// Due is the time of the schedule that it ran for.
	Due     time.Time `json:"due"`
	Ended   time.Time `json:"ended,omitzero"`
	Success bool      `json:"success"`
	Message string    `json:"message,omitempty"`
}

// scheduled waits, ready, and runs its program at the times of a schedule. It never has two runs at once: times that
// pass while it runs are left out. A run that fails is told by its health and in its log, and the next one is made.
type scheduled struct {
	*program
	schedule cron.Schedule
	zone     *time.Location
	next     time.Time
	last     lastRun
}

func newScheduled(one *program) (*scheduled, error) {
	schedule, err := cron.ParseStandard(one.spec.Schedule)
	if err != nil {
		return nil, host.Never(fmt.Errorf("program %s: schedule %q: %w", one.spec.Name, one.spec.Schedule, err))
	}
	if every, is := schedule.(cron.ConstantDelaySchedule); is {
		schedule = steady{every.Delay}
	}
	zone, err := time.LoadLocation(one.spec.TimeZone)
	if err != nil {
		return nil, host.Never(fmt.Errorf("program %s: time_zone %q: %w", one.spec.Name, one.spec.TimeZone, err))
	}
	if schedule.Next(one.runtime.Now()).IsZero() {
		return nil, host.Never(fmt.Errorf("program %s: schedule %q: that time never comes", one.spec.Name, one.spec.Schedule))
	}
	return &scheduled{program: one, schedule: schedule, zone: zone}, nil
}

// steady is an @every that does not begin anew when its worker does: each time is a multiple of the pause since the zero
// time, so that a pause which divides a day counts from midnight UTC.
type steady struct{ pause time.Duration }

func (s steady) Next(after time.Time) time.Time { return after.Truncate(s.pause).Add(s.pause) }

// Serve waits for the next time and runs the program, until it is told to stop.
func (s *scheduled) Serve(ctx context.Context) error {
	if err := s.recall(ctx); err != nil {
		return err
	}
	for {
		due := s.due(s.runtime.Now())
		s.plan(due)
		if !pause.For(ctx, time.Until(due)) {
			return nil
		}
		if err := s.runFor(ctx, due); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// due is the next time to run at: at once, if one was missed that is to be caught up with.
func (s *scheduled) due(now time.Time) time.Time {
	if s.spec.CatchUp && !s.last.Due.IsZero() {
		if missed := s.schedule.Next(s.last.Due.In(s.zone)); missed.Before(now) {
			return s.latestBefore(missed, now)
		}
	}
	return s.schedule.Next(now.In(s.zone))
}

// latestBefore is the last time of the schedule that is not after now; however many were missed, one run makes up
// for them.
func (s *scheduled) latestBefore(missed, now time.Time) time.Time {
	for range maxMissed {
		next := s.schedule.Next(missed)
		if next.After(now) {
			break
		}
		missed = next
	}
	return missed
}

// maxMissed bounds the search for the last missed time; beyond it the run stands for an earlier one.
const maxMissed = 100_000

// runFor runs the program once and notes how it went.
func (s *scheduled) runFor(ctx context.Context, due time.Time) error {
	if err := s.note(ctx, lastRun{Due: due}); err != nil {
		return err
	}
	run := lastRun{Due: due, Success: true}
	if err := s.runWell(ctx); err != nil {
		run.Success, run.Message = false, err.Error()
		s.runtime.Logger.Error("run failed", "due", due, "error", err)
	}
	if ctx.Err() != nil {
		return nil // the run was ended with the daemon: how it would have gone is unknown
	}
	run.Ended = s.runtime.Now()
	return s.note(ctx, run)
}

func (s *scheduled) runWell(ctx context.Context) error {
	exit, err := s.runOnce(ctx)
	if err != nil {
		return err
	}
	return s.ended(exit)
}

// recall reads which run was the last, where that matters. Until the bus answers nothing is run then: a run could be
// made twice.
func (s *scheduled) recall(ctx context.Context) error {
	if !s.spec.CatchUp {
		return nil
	}
	kept, found, err := s.runtime.Bus.Load(ctx, lastRunKey)
	if err != nil {
		return err
	}
	var run lastRun
	if found {
		if err := json.Unmarshal(kept, &run); err != nil {
			return fmt.Errorf("program %s: read its last run: %w", s.spec.Name, err)
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.last = run
	return nil
}

// note takes a run as the last one, and keeps it for later attempts where that matters.
func (s *scheduled) note(ctx context.Context, run lastRun) error {
	s.mutex.Lock()
	s.last = run
	s.mutex.Unlock()
	if !s.spec.CatchUp {
		return nil
	}
	text, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("encode the last run: %w", err)
	}
	return s.runtime.Bus.Save(ctx, lastRunKey, text)
}

func (s *scheduled) plan(due time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.next = due
}

// Health tells of the last run and the next one.
func (s *scheduled) Health(context.Context) spec.Health {
	said := spec.Health{Status: spec.HealthOK, Details: map[string]any{}}
	s.mutex.Lock()
	running := s.process
	last, next := s.last, s.next
	s.mutex.Unlock()
	if !next.IsZero() {
		said.Details["next_run_at"] = next.UTC().Format(time.RFC3339)
		said.Message = "next run at " + next.UTC().Format(time.RFC3339)
	}
	if !last.Ended.IsZero() {
		said.Details["last_run_at"] = last.Due.UTC().Format(time.RFC3339)
		said.Details["last_run_success"] = last.Success
		if !last.Success {
			said.Status, said.Message = spec.HealthDegraded, "the last run failed: "+last.Message
		}
	}
	if running != nil && alive(running) {
		said.Message = fmt.Sprintf("running since %s", running.Started().UTC().Format(time.RFC3339))
	}
	return said
}

func alive(one *process.Process) bool {
	select {
	case <-one.Done():
		return false
	default:
		return true
	}
}
