package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
)

// succeed runs a command that must do its work.
func (k *kit) succeed(ctx context.Context, s spec) (*outcome, error) {
	o, err := k.run(ctx, s)
	if err != nil {
		return nil, err
	}
	if violation := o.Ending.Violation; violation != nil {
		return nil, blocked(fmt.Errorf("%s %w", s.command, violation)) // told under its own name
	}
	if o.Decision.Action != workload.ActionComplete {
		return nil, fmt.Errorf("%s did not do its work: %s", s.command, o.describe())
	}
	return o, nil
}

// expect runs a command that must end with one of the codes.
func (k *kit) expect(ctx context.Context, s spec, codes ...workload.ExitCode) error {
	o, err := k.run(ctx, s)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if o.Ending.Signal == 0 && o.Ending.Code == code {
			return nil
		}
	}
	return fmt.Errorf("%s ended with %s, not with %v", s.command, o.describe(), codes)
}

// describe tells how a run ended, and what the command said about it.
func (o *outcome) describe() string {
	text := o.Ending.Code.String()
	if o.Ending.Signal != 0 || o.Ending.Cause != workload.CauseEnded {
		text = o.Exit.String()
	}
	if o.Message != "" {
		text += ": " + lastLine(o.Message)
	}
	return text
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
