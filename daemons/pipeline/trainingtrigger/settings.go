package trainingtrigger

import (
	"cmp"
	"math"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/workload"
)

// off turns a gate off.
const off = -1

// Settings are when a candidate is trained, and how. Zero means the default.
type Settings struct {
	// Version names these values; it is stored with each candidate. Default "default".
	Version string
	// Paused are the configurations whose training is held.
	Paused []string
	// Cooldown is the pause between the end of a training run and the next one of its configuration; 2 min, −1: none.
	Cooldown time.Duration
	// MinSamples is how many samples a dataset must have at least; 1000.
	MinSamples int64
	// MinQuality is what the newest games of the configuration must be worth, 0 to 1, as far as they were judged; 0.55,
	// −1: this is not asked.
	MinQuality float64
	// MaxConcurrent is how many train jobs of all configurations there may be at once, waiting ones too; 8.
	MaxConcurrent int
	// MinFreeDisk is how many bytes must be free on a node that trains; 2 GiB, −1: this and MaxDiskUsed are not asked.
	MinFreeDisk int64
	// MaxDiskUsed is the share of its disk that may be in use, 0 to 1; nodes.MaxDiskUsed.
	MaxDiskUsed float64
	// RunLimit is the longest that one run may take, SilentLimit the longest without progress; the command's usual ones.
	RunLimit, SilentLimit time.Duration
	// Hyper-parameters, as in the contract of the workload, which a plan multiplies: 0 and empty are its defaults, which
	// no plan changes.
	Epochs            int
	BatchSize         int
	LearningRate      float64
	Schedule          string  // constant, linear or cosine
	EarlyStopPatience int     // epochs; −1: none
	CheckpointSeconds float64 // between two checkpoints; −1: only when told to end
}

func (s Settings) withDefaults() Settings {
	s.Version = cmp.Or(s.Version, "default")
	s.Cooldown = cmp.Or(s.Cooldown, 2*time.Minute)
	s.MinSamples = cmp.Or(s.MinSamples, 1000)
	s.MinQuality = cmp.Or(s.MinQuality, 0.55)
	s.MaxConcurrent = cmp.Or(s.MaxConcurrent, 8)
	s.MinFreeDisk = cmp.Or(s.MinFreeDisk, 2<<30)
	s.MaxDiskUsed = cmp.Or(s.MaxDiskUsed, nodes.MaxDiskUsed)
	return s
}

// params freezes the hyper-parameters for one job: the settings as a plan multiplies them.
func (s Settings) params(plan feedback.Values, holdout bool) workload.TrainParams {
	params := workload.TrainParams{
		Dataset: inputDataset, Parent: inputParent, Epochs: times(s.Epochs, plan.Epochs*plan.Intensity),
		BatchSize: times(s.BatchSize, plan.BatchSize), LR: s.LearningRate * plan.LearningRate,
		LRSchedule: s.Schedule, EarlyStopPatience: s.EarlyStopPatience, CheckpointEveryS: s.CheckpointSeconds,
	}
	if holdout {
		params.Holdout = inputHoldout
	}
	return params
}

// times multiplies a count, which stays one at least; 0 is the workload's own and stays that.
func times(count int, factor float64) int {
	if count <= 0 {
		return count
	}
	return max(1, int(math.Round(float64(count)*factor)))
}
