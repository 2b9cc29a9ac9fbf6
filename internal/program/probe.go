package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
)

// maxBody is how much of the answer to an HTTP probe is read.
const maxBody = 1 << 10

// asker asks one question again and again.
type asker struct {
	probe spec.Probe
	ask   func(context.Context) error
}

// asker returns what asks a program the question of a probe, in the environment that it was started with: files of
// variables and secrets may be others by now, or gone.
func (r *running) asker(probe spec.Probe) (*asker, error) {
	switch {
	case len(probe.Exec) > 0:
		question := r.command
		question.Args = probe.Exec
		return &asker{probe, func(ctx context.Context) error { return process.Ask(ctx, question) }}, nil
	case probe.HTTP != "":
		return &asker{probe, func(ctx context.Context) error { return askHTTP(ctx, probe.HTTP, r.command.Secrets) }}, nil
	case probe.TCP != "":
		return &asker{probe, func(ctx context.Context) error { return askTCP(ctx, probe.TCP) }}, nil
	}
	return nil, errors.New("the probe asks nothing: give it exec, http or tcp")
}

// once asks once, within the probe's timeout.
func (a *asker) once(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, a.probe.Timeout)
	defer cancel()
	err := a.ask(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("no answer within %s", a.probe.Timeout)
	}
	return err
}

// await returns once enough answers in a row were good. heard gets what is believed after each.
func (a *asker) await(ctx context.Context, heard func(verdict)) error {
	state := verdict{}
	for wait := a.probe.Delay; pause.For(ctx, wait); wait = a.probe.Interval {
		err := a.once(ctx)
		if ctx.Err() != nil {
			break
		}
		state = state.after(err, a.probe)
		heard(state)
		if state.alive {
			return nil
		}
	}
	return ctx.Err()
}

// watch asks until it is believed that the program does not live, and returns the last bad answer then, or nil when
// ctx ends. Answers before graceUntil do not count. heard gets what is believed after each.
func (a *asker) watch(ctx context.Context, graceUntil time.Time, heard func(verdict)) error {
	state := verdict{alive: true}
	if !pause.For(ctx, a.probe.Delay) {
		return nil
	}
	for inGrace := true; pause.For(ctx, a.probe.Interval); {
		asked := time.Now()
		err := a.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if inGrace && !asked.Before(graceUntil) {
			inGrace, state = false, verdict{alive: true}
		}
		state = state.after(err, a.probe)
		heard(state)
		if !inGrace && !state.alive {
			return state.last
		}
	}
	return nil
}

func askHTTP(ctx context.Context, url string, secrets []string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return err // names the URL
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxBody)) // for the message only
	if response.StatusCode < 200 || response.StatusCode > 399 {
		return fmt.Errorf("%s answered %s%s", url, response.Status, process.Excerpt(body, secrets))
	}
	return nil
}

func askTCP(ctx context.Context, address string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err // names the address
	}
	return connection.Close()
}
