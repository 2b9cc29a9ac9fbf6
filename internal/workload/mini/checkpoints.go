package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/training"
)

// checkpoints keeps a training's state on disk: the newest one that was told of, and the one before it, which a
// reader may still be after.
type checkpoints struct {
	task  *adapter.Task
	state *training.State
	every time.Duration // 0: only when asked
	last  time.Time
	names []string
}

func newCheckpoints(task *adapter.Task, everySeconds float64) *checkpoints {
	return &checkpoints{task: task, every: time.Duration(everySeconds * float64(time.Second)), last: time.Now()}
}

// watch keeps the state if it is time.
func (c *checkpoints) watch() error {
	if c.every == 0 || time.Since(c.last) < c.every {
		return nil
	}
	return c.keep()
}

// keep writes the state and tells of it; its step is the number of epochs done.
func (c *checkpoints) keep() error {
	data, err := c.state.Encode()
	if err != nil {
		return err
	}
	name := fmt.Sprintf("checkpoint-%05d-%05d.json", c.state.Epoch, c.state.Block)
	if err := adapter.WriteFile(c.task.Path(name), data); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	c.last = time.Now()
	if len(c.names) == 0 || c.names[len(c.names)-1] != name {
		c.names = append(c.names, name)
	}
	if err := c.task.Checkpoint(name, int64(c.state.Epoch)); err != nil {
		return err
	}
	for len(c.names) > 2 {
		if err := os.Remove(c.task.Path(c.names[0])); err != nil {
			return fmt.Errorf("remove old checkpoint: %w", err)
		}
		c.names = c.names[1:]
	}
	return nil
}

// startTraining begins anew or goes on from a checkpoint, and returns what keeps checkpoints.
func startTraining(ctx context.Context, task *adapter.Task, run *training.Run, m *model.Model, params workload.TrainParams) (*checkpoints, error) {
	purpose := purposeOf(task, run.Settings, m)
	keeper := newCheckpoints(task, orOff(params.CheckpointEveryS, checkpointTime))
	var err error
	keeper.state, err = resumeTraining(task, run, m, purpose)
	if err != nil {
		task.Warn("training starts over: %v", err)
	}
	if keeper.state == nil {
		if keeper.state, err = run.Start(m, purpose); err != nil {
			return nil, err
		}
	}
	run.Watch = func(state *training.State) error {
		task.Progress(float64(state.Epoch), float64(run.Settings.Epochs), "epochs", nil)
		if state.Block == 0 {
			tellLosses(task, state)
			if err := task.Pace(ctx); err != nil {
				return err
			}
		}
		return keeper.watch()
	}
	return keeper, nil
}

// tellLosses adds an epoch that has just ended to the curves of a training.
func tellLosses(task *adapter.Task, state *training.State) {
	step := int64(state.Epoch)
	task.Metric("train_loss", state.Last.Train.Total(), step)
	if state.Last.Holdout != nil {
		task.Metric("val_loss", state.Last.Holdout.Total(), step)
	}
}

// resumeTraining goes on from the request's checkpoint; without one it returns nothing.
func resumeTraining(task *adapter.Task, run *training.Run, m *model.Model, purpose string) (*training.State, error) {
	point := task.Request.ResumeFrom
	if point == nil {
		return nil, nil
	}
	if err := matches("checkpoint", point.Path, point.SHA256); err != nil {
		return nil, err
	}
	data, err := workload.ReadBounded(point.Path, training.MaxStateBytes)
	if err != nil {
		return nil, err
	}
	state, err := training.Decode(data, purpose, len(m.Policy))
	if err != nil {
		return nil, err
	}
	return state, run.Resume(m, state)
}

// purposeOf is the identity of a training: checkpoints of others are of no use to it.
func purposeOf(task *adapter.Task, settings training.Settings, m *model.Model) string {
	text := fmt.Sprintf("%s %s %s %+v", task.Request.ConfigKey, m.Architecture, m.Parent, settings)
	for _, input := range task.Request.Inputs {
		text += fmt.Sprintf(" %s=%s", input.Name, input.SHA256)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
