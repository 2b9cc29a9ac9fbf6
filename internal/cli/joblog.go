package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web/webclient"
)

// jobRun is an attempt of a job, and where it runs or ran.
type jobRun struct {
	id     string
	number int64
	node   string // empty if the ledger does not tell
	over   bool
}

// jobDir has the attempts of jobs on this machine.
func (a *app) jobDir() string { return filepath.Join(a.Config.DataDir, daemonlog.JobsFolder) }

// findRun finds an attempt, the last one for 0. What the ledger does not know may be on this machine all the same.
func (a *app) findRun(ctx context.Context, id string, number int64) (jobRun, error) {
	here, localErr := daemonlog.FindAttempt(a.jobDir(), id, number)
	if localErr != nil && !errors.Is(localErr, daemonlog.ErrNone) {
		return jobRun{}, usageError{localErr}
	}
	ran, err := a.askRun(ctx, id, number)
	switch {
	case err == nil && ran.number > 0:
		return ran, nil
	case localErr == nil && err != nil:
		fmt.Fprintf(a.Err, "note: this is the log on this machine, as the ledger does not tell where job %s ran: %v\n", id, err)
		return jobRun{id: id, number: here.Number}, nil
	case localErr == nil:
		return jobRun{id: id, number: here.Number, over: true}, nil
	case err != nil:
		return jobRun{}, a.noJobLog(id, err)
	}
	return jobRun{}, a.noJobLog(id, a.whyNoRun(ctx, id, number))
}

// whyNoRun tells a job that is not known, or an attempt that there never was, from a job that has not run yet.
func (a *app) whyNoRun(ctx context.Context, id string, number int64) error {
	err := a.withQueue(ctx, func(l *ledger.Ledger) error {
		_, err := l.Job(ctx, id)
		return err
	})
	switch {
	case is[usageError](err):
		return usagef("there is no such job: `starter jobs list` names them")
	case err != nil:
		return err
	case number > 0:
		return usagef("there is no attempt %d: `starter jobs show %s` lists those that there are", number, id)
	}
	return errors.New("it has not run")
}

// askRun asks the ledger; the number is 0 if there is no such attempt.
func (a *app) askRun(ctx context.Context, id string, number int64) (ran jobRun, err error) {
	ran.id = id
	return ran, a.withQueue(ctx, func(l *ledger.Ledger) error {
		attempts, err := l.JobAttempts(ctx, id)
		for _, one := range attempts {
			if one.Number > 0 && (number == 0 || one.Number == number) {
				ran.number, ran.node, ran.over = one.Number, one.Node, !one.EndedAt.IsZero()
			}
		}
		return err
	})
}

func (a *app) noJobLog(id string, why error) error {
	return fmt.Errorf("job %s has no log in %s: %w", id, a.jobDir(), why)
}

// jobLog is one of the two logs of an attempt.
type jobLog struct {
	*logReading
	ran    jobRun
	faults bool // its standard error
	screen *jobScreen
}

func newJobLog(a *app, ran jobRun, flags logFlags, faults bool, screen *jobScreen) *jobLog {
	l := &jobLog{logReading: &logReading{app: a, flags: flags, awaits: true}, ran: ran, faults: faults, screen: screen}
	l.source = l
	return l
}

// show reads the log to its end.
func (l *jobLog) show(ctx context.Context) error {
	err := l.logReading.run(ctx)
	if err == nil || l.ran.node == "" {
		return err
	}
	return l.app.noJobLog(l.ran.id, fmt.Errorf("attempt %d ran on node %s: look there, or set DATA_DIR to that node's folder: %w", l.ran.number, l.ran.node, err))
}

func (l *jobLog) title() string { return "job " + l.ran.id }

func (l *jobLog) query() webclient.LogQuery {
	return webclient.LogQuery{Job: l.ran.id, Attempt: l.ran.number, Errors: l.faults}
}

func (l *jobLog) write(line []byte) error { return l.screen.write(l.faults, line) }

// locate finds the attempt in DATA_DIR, or the node that has it. What is over is not followed any more.
func (l *jobLog) locate(ctx context.Context) (logPlace, error) {
	l.flags.follow = l.flags.follow && !l.over(ctx)
	here, err := daemonlog.FindAttempt(l.app.jobDir(), l.ran.id, l.ran.number)
	if err == nil {
		path := here.Path(l.faults)
		return logPlace{node: spec.Node{ID: l.ran.node}, path: path, empty: path == "", fleet: true}, nil
	}
	if !errors.Is(err, daemonlog.ErrNone) {
		return logPlace{}, err
	}
	if l.ran.node == l.app.Config.NodeID {
		return logPlace{}, webclient.ErrNone // it has just begun, or was tidied away
	}
	return l.remote(ctx)
}

// remote asks the fleet how the node is reached.
func (l *jobLog) remote(ctx context.Context) (place logPlace, err error) {
	ctx, cancel := context.WithTimeout(ctx, askFleet)
	defer cancel()
	err = l.app.withFleet(ctx, func(fleet *control.Client) error {
		status, err := fleet.Table(ctx)
		if err != nil {
			return err
		}
		place.fleet = true
		place.node, err = nodeOf(status.Nodes, l.ran.node)
		return err
	})
	if err != nil && l.shown {
		err = fmt.Errorf("%w: %w", errNoPlace, err) // it may answer again
	}
	return place, err
}

// await returns errOver once the attempt is over, by the ledger.
func (l *jobLog) await(ctx context.Context, _ logPlace) error {
	for pause.For(ctx, logRetry) {
		if l.over(ctx) {
			return errOver
		}
	}
	return nil
}

// over asks the ledger. While that does not answer the attempt goes on.
func (l *jobLog) over(ctx context.Context) bool {
	now, err := l.app.askRun(ctx, l.ran.id, l.ran.number)
	return l.ran.over || err == nil && (now.number == 0 || now.over)
}
