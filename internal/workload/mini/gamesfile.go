package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// Names of what a playing command hands over.
const (
	gamesName      = "games.db"
	checkpointName = "checkpoint.db"
)

// gamesFile is the file a playing command fills.
type gamesFile struct {
	task   *adapter.Task
	rules  *game.Rules
	origin store.Origin
	writer *store.Writer
}

func newGamesFile(task *adapter.Task, rules *game.Rules) (*gamesFile, error) {
	writer, err := store.Create(task.Request.OutputDir)
	if err != nil {
		return nil, err
	}
	return &gamesFile{task, rules, store.Origin{JobID: task.Request.JobID, IssuedAt: task.Request.IssuedAt}, writer}, nil
}

func (f *gamesFile) put(record play.Record) error {
	row, err := store.FromRecord(f.rules, record, f.origin)
	if err != nil {
		return err
	}
	return f.writer.Put(row)
}

// finish hands the games over: as the result when they were played or the deadline came, and as a checkpoint when
// the command was told to end. It returns the error that the command ends with.
func (f *gamesFile) finish(played error) error {
	games := f.writer.Games()
	switch {
	case played == nil, errors.Is(played, adapter.ErrDeadline) && games > 0:
		if err := f.writer.Publish(gamesName); err != nil {
			return err
		}
		return errors.Join(f.task.Output(workload.RoleGames, gamesName, int64(games)), played)
	case errors.Is(played, adapter.ErrCancelled) && games > 0:
		if err := f.writer.Publish(checkpointName); err != nil {
			return err
		}
		return errors.Join(f.task.Checkpoint(checkpointName, int64(games)), played)
	}
	return played
}

// resumed yields the games that an earlier attempt of this job played, in order. A checkpoint that cannot be used
// costs the work that is in it, not the job.
func (f *gamesFile) resumed(ctx context.Context) iter.Seq[play.Record] {
	return func(yield func(play.Record) bool) {
		point := f.task.Request.ResumeFrom
		if point == nil {
			return
		}
		err := matches("checkpoint", point.Path, point.SHA256)
		if err == nil {
			err = f.reread(ctx, point.Path, yield)
		}
		if err != nil && !errors.Is(err, errEnough) {
			f.task.Warn("the checkpoint is used no further: %v", err)
		}
	}
}

// errEnough ends the reading of a file that is not needed to its end.
var errEnough = errors.New("enough")

func (f *gamesFile) reread(ctx context.Context, path string, yield func(play.Record) bool) error {
	reader, err := store.Open(path)
	if err != nil {
		return err
	}
	err = reader.Each(func(row *store.Game) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		record, err := row.Record(f.rules)
		if err != nil {
			return err
		}
		if row.Source.String != f.origin.JobID {
			return fmt.Errorf("game %s is one of job %s", row.ID, row.Source.String)
		}
		if !yield(record) {
			return errEnough
		}
		return nil
	})
	return errors.Join(err, reader.Close())
}
