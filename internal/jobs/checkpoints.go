package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/workload"
)

// maxFaults of storing checkpoints are told.
const maxFaults = 8

// keeper stores the checkpoints of a running command beside its work: the command is not held back, and while
// one is being stored only the newest of those that come waits.
type keeper struct {
	attempt *attempt
	folder  string
	offered chan workload.Line
	done    chan struct{}

	// The rest is of the goroutine, and readable after close.
	stored []data.Place // the last ones, and the one that the attempt goes on from
	faults []string
}

func (t *attempt) keepCheckpoints(ctx context.Context, started *workload.Attempt) *keeper {
	k := &keeper{attempt: t, folder: started.Request.OutputDir, offered: make(chan workload.Line, 1), done: make(chan struct{})}
	if from := t.teller.last(); from != nil {
		k.stored = []data.Place{from.Place}
	}
	go func() {
		defer close(k.done)
		for line := range k.offered {
			if err := k.keep(ctx, line); err != nil && len(k.faults) < maxFaults {
				k.faults = append(k.faults, cut(fmt.Sprintf("checkpoint of step %d: %v", line.Step, err)))
			}
		}
	}()
	return k
}

// offer hands a line over if it tells of a checkpoint. It is called by one goroutine at a time.
func (k *keeper) offer(line workload.Line) {
	if line.T != workload.LineCheckpoint {
		return
	}
	for {
		select {
		case k.offered <- line:
			return
		default:
		}
		select {
		case <-k.offered: // a newer one is here
		default:
		}
	}
}

// close waits until the last checkpoint is stored.
func (k *keeper) close() {
	close(k.offered)
	<-k.done
}

func (k *keeper) keep(ctx context.Context, line workload.Line) error {
	sum, err := data.ParseSum(line.SHA256)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(k.folder)
	if err != nil {
		return fmt.Errorf("open the output folder: %w", err)
	}
	defer func() { _ = root.Close() }() // it was only read
	file, err := root.Open(filepath.FromSlash(line.Path))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	t := k.attempt
	part := len(t.Parts)
	want := data.Item{Place: checkpointPlace(t.ConfigKey, t.JobID, part, line.Step, sum), SHA256: sum, Bytes: info.Size()}
	if err := t.whenFree(ctx, func() error { _, err := t.config.Files.Add(ctx, want, file); return err }); err != nil {
		return err
	}
	t.teller.checkpoint(Checkpoint{Place: want.Place, SHA256: sum, Bytes: want.Bytes, Step: line.Step, Node: t.config.Node, Part: part})
	k.stored = append(k.stored, want.Place)
	k.stored = k.stored[max(len(k.stored)-keptCheckpoints-1, 0):]
	return PruneCheckpoints(t.config.Files, k.stored...)
}

// place is where a file of this attempt goes: its config tells other nodes what it is about, and its content
// names it.
func (t *attempt) place(role workload.Role, sum data.Sum, name string) data.Place {
	formats := t.workload.Manifest.Formats
	named := func(role data.Role, extension string) data.Place {
		return data.Place{Role: role, Name: path.Join(t.ConfigKey, sum.String()+extension)}
	}
	switch role {
	case workload.RoleGames:
		return named(data.RoleSegment, played(t.Command)+".db")
	case workload.RoleModel:
		return named(data.RoleModel, "."+formats.Model)
	case workload.RoleCheckpoint:
		return checkpointPlace(t.ConfigKey, t.JobID, len(t.Parts), 0, sum)
	case workload.RoleDataset, workload.RoleHoldout:
		return named(data.RoleDataset, "."+formats.Dataset)
	}
	return named(data.RoleDataset, path.Ext(name))
}

// whenFree repeats an act until nobody else brings the same bytes to their place.
func (t *attempt) whenFree(ctx context.Context, act func() error) error {
	const patience = 10 * time.Minute
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := act()
		if !errors.Is(err, data.ErrBusy) {
			return err
		}
		if !pause.For(limited, busyPause) {
			return errors.Join(err, context.Cause(limited))
		}
	}
}
