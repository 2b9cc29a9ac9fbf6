package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/workload"
)

// busyPause is how often is looked whether somebody else has brought a file here.
const busyPause = 100 * time.Millisecond

// gathered are the files that the command reads, all of them on this node.
type gathered struct {
	files  []workload.Input
	resume *workload.ResumePoint
}

// gather brings the inputs here that are not, each verified by its hash.
func (t *attempt) gather(ctx context.Context) (gathered, error) {
	t.teller.stage(StageFetching)
	all := gathered{files: []workload.Input{}}
	for _, input := range t.Inputs {
		path, err := t.bring(ctx, data.Item{Place: input.Place, SHA256: input.SHA256, Bytes: input.Bytes})
		if errors.Is(err, data.ErrCorrupt) { // as it arrived; the others are looked at all the same
			t.report.Corrupt = append(t.report.Corrupt, Corrupt{input.Name, input.Place, input.SHA256, cut(err.Error()), true})
			continue
		}
		if errors.Is(err, data.ErrMismatch) {
			t.report.Mismatched = append(t.report.Mismatched, input)
		}
		if err != nil {
			return gathered{}, fmt.Errorf("input %q: %w", input.Name, err)
		}
		all.files = append(all.files, workload.Input{Name: input.Name, Role: input.Role, Path: path, SHA256: input.SHA256.String()})
	}
	if len(t.report.Corrupt) > 0 {
		return gathered{}, t.corruptInputs()
	}
	point, err := t.resumePoint(ctx)
	all.resume = point
	return all, err
}

// resumePoint is the best checkpoint that can be had. One that cannot costs the work that is in it, not the job.
func (t *attempt) resumePoint(ctx context.Context) (*workload.ResumePoint, error) {
	for _, from := range t.checkpoints() {
		path, err := t.bring(ctx, data.Item{Place: from.Place, SHA256: from.SHA256, Bytes: from.Bytes})
		switch {
		case err == nil:
			t.teller.checkpoint(from)
			return &workload.ResumePoint{Path: path, SHA256: from.SHA256.String(), Step: from.Step}, nil
		case ctx.Err() != nil || errors.Is(err, data.ErrNoSpace):
			return nil, fmt.Errorf("checkpoint: %w", err)
		}
		t.report.Flags = append(t.report.Flags, cut(fmt.Sprintf("begun without the checkpoint of step %d: %v", from.Step, err)))
	}
	return nil, nil
}

// bring returns the path of a file with these bytes, which it fetches if need be.
func (t *attempt) bring(ctx context.Context, want data.Item) (string, error) {
	for {
		path, found, err := t.local(ctx, want.SHA256)
		if found || err != nil {
			return path, err
		}
		if t.config.Fetch == nil {
			return "", fmt.Errorf("%s is not on node %s: %w", want.SHA256, t.config.Node, transfer.ErrNoSource)
		}
		fetched, err := t.config.Fetch.Fetch(ctx, t.config.Files, transfer.Request{
			Want: want, Sources: sources(t.Sources[want.SHA256.String()]),
			Progress: func(p transfer.Progress) { t.teller.step(float64(p.Verified), float64(p.Total), "bytes") },
		})
		switch {
		case err == nil:
			return t.config.Files.Path(fetched.Item.Place)
		case !errors.Is(err, data.ErrBusy): // busy: another job of this node fetches the same file
			return "", err
		}
		if !pause.For(ctx, busyPause) {
			return "", context.Cause(ctx)
		}
	}
}

// local finds a file with these bytes on this node. Right after a start nobody may have looked yet what lies there.
func (t *attempt) local(ctx context.Context, sum data.Sum) (path string, found bool, err error) {
	item, file, err := t.config.Files.OpenContent(sum)
	if err != nil && t.config.Files.Inventory().Taken.IsZero() {
		if _, err := t.config.Files.Scan(ctx, data.ScanLimits{}); err != nil {
			return "", false, err
		}
		item, file, err = t.config.Files.OpenContent(sum)
	}
	if err != nil {
		return "", false, nil // whatever is wrong with a copy here, the others can tell
	}
	if err := file.Close(); err != nil {
		return "", false, fmt.Errorf("close %s: %w", item.Place, err)
	}
	path, err = t.config.Files.Path(item.Place)
	return path, true, err
}

func sources(addresses []string) []transfer.Source {
	var all []transfer.Source
	for _, address := range addresses {
		url := address
		if !strings.Contains(url, "://") {
			url = "http://" + url
		}
		all = append(all, transfer.Source{Node: address, URL: url})
	}
	return all
}
