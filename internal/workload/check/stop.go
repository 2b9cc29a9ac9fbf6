package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
)

// endlessGames are more than a workload can play within the kit's limits, and no more than each must accept.
const endlessGames = 1_000_000

// playTime is the time until the deadline of self-play without end: enough to begin, on a busy machine too.
const playTime = 4 * time.Second

// silenceWait is how long heartbeats are listened to: long enough for one to be missed.
const silenceWait = workload.BeatInterval + 1500*time.Millisecond

// heartbeat listens to a command that makes no progress.
func heartbeat(ctx context.Context, k *kit) error {
	s := initWith(workload.FaultHang)
	s.unwatched, s.stopAfter = false, silenceWait
	o, err := k.run(ctx, s)
	if err != nil {
		return err
	}
	if o.stopped == 0 {
		return blocked(fmt.Errorf("fault %s ended by itself: %s", workload.FaultHang, o.describe()))
	}
	if o.Progress.LongestSilence > workload.BeatInterval {
		return fmt.Errorf("no line for %s", o.Progress.LongestSilence.Round(time.Millisecond))
	}
	return nil
}

// cancel tells self-play without end to end once it has begun.
func cancel(ctx context.Context, k *kit) error {
	s, err := k.selfplaySpec(ctx, endlessGames)
	if err != nil {
		return err
	}
	s.stopWhen = isProgress
	return k.endsCleanly(k.run(ctx, s))
}

func isProgress(line workload.Line) bool { return line.T == workload.LineProgress && line.Done > 0 }

// endsCleanly judges a command that was told to end.
func (k *kit) endsCleanly(o *outcome, err error) error {
	switch {
	case err != nil:
		return err
	case o.stopped == 0:
		return fmt.Errorf("%s ended before it could be told to: %s", o.attempt.Request.Command, o.describe())
	case o.Exit.Forced:
		return fmt.Errorf("%s still ran %s after TERM and was killed", o.attempt.Request.Command, k.options.Grace)
	case o.Ending.Signal != 0 || o.Ending.Code != workload.ExitCancelled:
		return fmt.Errorf("%s ended with %s", o.attempt.Request.Command, o.describe())
	}
	return nil
}

// resumeTraining stops a training and goes on from its checkpoint by the same request.
func resumeTraining(ctx context.Context, k *kit) error {
	s, err := k.longTraining(ctx)
	if err != nil {
		return err
	}
	s.stopWhen = isProgress
	o, err := k.run(ctx, s)
	if err := k.endsCleanly(o, err); err != nil {
		return blocked(err)
	}
	told := o.Progress.Checkpoint
	if told == nil {
		return errors.New("training ended at TERM without a line of type checkpoint")
	}
	checkpoint, err := k.keep("checkpoint", workload.RoleCheckpoint, o.attempt.OutputPath(workload.Output{Path: told.Path}))
	if err != nil {
		return fmt.Errorf("the checkpoint that was told: %w", err)
	}
	if checkpoint.SHA256 != told.SHA256 {
		return fmt.Errorf("the checkpoint has the hash %.12s…, the line says %.12s…", checkpoint.SHA256, told.SHA256)
	}
	s.stopWhen, s.resume = nil, &workload.ResumePoint{Path: checkpoint.Path, SHA256: checkpoint.SHA256, Step: told.Step}
	o, err = k.succeed(ctx, s)
	if err != nil {
		return err
	}
	return wentOn(o, s.params.(workload.TrainParams).Epochs, told.Step)
}

// longTraining is a training that can be stopped in the middle: slowed down, if the workload can do that.
func (k *kit) longTraining(ctx context.Context) (spec, error) {
	s, err := k.trainSpec(ctx)
	if err != nil {
		return spec{}, err
	}
	params := s.params.(workload.TrainParams)
	params.Epochs, params.EarlyStopPatience, params.CheckpointEveryS = 300, -1, -1
	if k.manifest().Features.Faults {
		params.Epochs, params.PaceMS = 6, 300
	}
	s.params, s.job = params, "check-resume"
	return s, nil
}

// wentOn checks that a resumed training counts the epochs before its checkpoint and does not repeat them.
func wentOn(o *outcome, epochs int, step int64) error {
	var metrics workload.TrainMetrics
	if err := o.Result.DecodeMetrics(&metrics); err != nil {
		return err
	}
	if metrics.EpochsCompleted != epochs {
		return fmt.Errorf("resumed at epoch %d of %d, training completed %d", step, epochs, metrics.EpochsCompleted)
	}
	for _, line := range o.lines {
		if line.T == workload.LineProgress && line.Done < float64(step) {
			return fmt.Errorf("resumed at epoch %d, it began again at %v", step, line.Done)
		}
	}
	return nil
}

// deadline lets self-play without end reach its deadline.
func deadline(ctx context.Context, k *kit) error {
	s, err := k.selfplaySpec(ctx, endlessGames)
	if err != nil {
		return err
	}
	s.deadline = playTime
	o, err := k.run(ctx, s)
	switch {
	case err != nil:
		return err
	case !slices.ContainsFunc(o.lines, isProgress):
		return blocked(fmt.Errorf("self-play had not played a game when its deadline came after %s", playTime))
	case o.Ending.Violation != nil:
		return blocked(o.Ending.Violation)
	case o.Ending.Signal != 0 || o.Ending.Code != workload.ExitDeadline || o.Result == nil:
		return fmt.Errorf("self-play ended with %s", o.describe())
	}
	games, err := readGames(ctx, o)
	if err != nil {
		return err
	}
	if len(games) == 0 {
		return fmt.Errorf("self-play handed over no games at its deadline")
	}
	return nil
}
