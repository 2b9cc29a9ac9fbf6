package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/web/webclient"
)

const (
	// logRetry is the pause before a log that has broken off is looked for again.
	logRetry = time.Second
	// logLook is how often it is asked whether a daemon that is followed has moved to another node.
	logLook = 5 * time.Second
)

// logReading is the reading of one log: it reads from one node at a time.
type logReading struct {
	app    *app
	flags  logFlags
	source logSource

	awaits bool   // the log is sure to come, so that one that is not there yet is followed too
	shown  bool   // something was read, so that old lines are not wanted again
	node   string // the one that was read last
	after  string // the last line from there
	told   string // the last note
}

// logSource is what is read: the log of a daemon, or of an attempt of a job.
type logSource interface {
	// title names whose log it is.
	title() string
	// locate finds where the log is now.
	locate(context.Context) (logPlace, error)
	// await returns why the reading at a place is over, errMoved or errOver, and nil when ctx ends.
	await(context.Context, logPlace) error
	// query names the log to a node.
	query() webclient.LogQuery
	write(line []byte) error
}

func (l *logReading) run(ctx context.Context) error {
	for {
		place, err := l.source.locate(ctx)
		if err == nil {
			err = l.read(ctx, place)
		}
		switch {
		case ctx.Err() != nil:
			return nil // an interrupt is how following ends
		case errors.Is(err, errOver):
			continue // once more, for what it told last
		case !l.flags.follow || !passing(err) || !l.shown && !l.comes(err):
			return err
		case err != nil:
			l.note(err.Error())
		}
		if !pause.For(ctx, logRetry) {
			return nil
		}
	}
}

var (
	// errMoved ends a reading whose daemon runs on another node now.
	errMoved = errors.New("it runs elsewhere now")
	// errOver ends the following of what tells no more.
	errOver = errors.New("it is over")
)

// comes says whether a log is waited for that is empty or not there yet.
func (l *logReading) comes(err error) bool {
	return l.awaits && (err == nil || errors.Is(err, webclient.ErrNone))
}

// passing says whether a failure may pass: the node's worker is being replaced, or the fleet does not answer for a moment.
func passing(err error) bool {
	return err == nil || is[*webclient.UnreachableError](err) || errors.Is(err, errMoved) || errors.Is(err, webclient.ErrNone) || errors.Is(err, errNoPlace)
}

// read shows the log at a place. When it is followed it ends if the daemon moves.
func (l *logReading) read(ctx context.Context, at logPlace) error {
	if l.shown && l.node != at.node.ID {
		l.note(fmt.Sprintf("%s runs on node %s now", l.source.title(), at.node.ID))
		l.shown, l.after = false, ""
	}
	l.node = at.node.ID
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if l.flags.follow && at.fleet {
		go func() { stop(l.source.await(reading, at)) }()
	}
	var err error
	switch {
	case at.path != "":
		err = l.showLocal(reading, at.path)
	case !at.empty:
		err = l.showRemote(reading, at)
	}
	if cause := context.Cause(reading); errors.Is(cause, errMoved) || errors.Is(cause, errOver) {
		return cause
	}
	return err
}

// linesFirst is how many old lines are wanted: none once they were shown.
func (l *logReading) linesFirst() int {
	if l.shown {
		return 0
	}
	return l.flags.lines
}

func (l *logReading) showRemote(ctx context.Context, at logPlace) error {
	query := l.source.query()
	query.Lines, query.Follow, query.After = l.linesFirst(), l.flags.follow, l.after
	return l.app.askNodes().Log(ctx, at.node, query, func(line webclient.LogLine) error {
		l.noteLost(line.Lost)
		l.shown, l.after, l.told = true, line.ID, ""
		return l.source.write(line.Text)
	})
}

// showLocal writes the last lines of a log, or those behind the last that was read, and then, if asked to, those that
// come until ctx ends.
func (l *logReading) showLocal(ctx context.Context, path string) error {
	reader, lost, err := l.open(path)
	if err != nil {
		return err
	}
	defer reader.Close()
	l.noteLost(lost)
	write := func(line daemonlog.Line) error {
		l.after, l.told = line.After.String(), ""
		return l.source.write(line.Text)
	}
	for _, line := range reader.Old() {
		if err := write(line); err != nil {
			return err
		}
	}
	l.shown, l.after = true, reader.Place().String()
	if l.flags.follow {
		return reader.Follow(ctx, write, func() error { return nil })
	}
	if err := reader.Finish(write); err != nil {
		return err
	}
	if rest := reader.Rest(); len(rest) > 0 {
		return l.source.write(rest)
	}
	return nil
}

func (l *logReading) open(path string) (reader *daemonlog.Reader, lost bool, err error) {
	if l.after == "" {
		reader, err = daemonlog.Open(path, l.linesFirst())
		return reader, false, err
	}
	at, err := daemonlog.ParsePlace(l.after)
	if err != nil {
		return nil, false, err
	}
	return daemonlog.Resume(path, at)
}

func (l *logReading) noteLost(lost bool) {
	if lost {
		l.note("some lines are missing here: the log was rotated away meanwhile")
	}
}

// note says something about the reading, once, beside what is read.
func (l *logReading) note(text string) {
	if text != l.told {
		fmt.Fprintln(l.app.Err, "note:", text)
		l.told = text
	}
}

// askNodes asks the HTTP servers of the workers.
func (a *app) askNodes() webclient.Client { return webclient.Client{Token: a.Config.HealthToken} }
