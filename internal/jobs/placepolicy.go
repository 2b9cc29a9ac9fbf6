package jobs

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

// The kinds of jobs that placement treats in a particular way.
const (
	KindSelfplay = "selfplay"
	KindTrain    = "train"
	KindEvaluate = "evaluate"
	KindMatch    = "match"
)

// Policy is what Place goes by. DefaultPolicy has the figures to start from; zero means zero.
type Policy struct {
	// Ageing is how long a job waits until it counts as one class more urgent, but never as critical.
	Ageing time.Duration
	// Quota is the share of all host time of a QuotaWindow from which on a config comes behind the others. What the
	// others leave over it may still use. Critical jobs know no quota.
	Quota       float64
	QuotaWindow time.Duration
	// KindCaps are how many jobs of a kind run at once in the cluster; PerNode how many on one node. A kind that is
	// not named has no cap.
	KindCaps, PerNode map[string]int
	// NodeJobs is how many jobs run at once on one node.
	NodeJobs int
	// MaxUnseen is how old the last sign of a node may be.
	MaxUnseen time.Duration
	// MaxDisk and MaxMemory are how full a node may be, 0 to 1.
	MaxDisk, MaxMemory float64
	// A node on which FailedJobs different jobs failed within FailureWindow gets none until that is over, as long as others
	// take jobs; one whose disk a job found full gets none in any case.
	FailedJobs    int64
	FailureWindow time.Duration
	// EphemeralLimit is how long a job on an ephemeral node may run; Steady are the kinds that never run there.
	EphemeralLimit time.Duration
	Steady         []string
	// TrainingGPUs is the share of the GPUs, rounded down, that only training uses.
	TrainingGPUs float64
	// PreemptFor is the least urgent class that jobs of lower classes make room for.
	PreemptFor ledger.Class
	// A job makes room if its kind goes on from a checkpoint, or if it runs for less than PreemptYoung.
	Checkpointed []string
	PreemptYoung time.Duration
	// Patience is how long a job waits until it keeps a node for itself.
	Patience time.Duration
}

// LabelEphemeral marks a node that may vanish at any time.
const LabelEphemeral = "ephemeral"

// DefaultPolicy returns the figures of specs/03 4.2.
func DefaultPolicy() Policy {
	return Policy{
		Ageing: 4 * time.Hour, Quota: 0.3, QuotaWindow: time.Hour,
		KindCaps: map[string]int{KindSelfplay: 100, KindTrain: 50, KindMatch: 50}, NodeJobs: maxRunning,
		MaxUnseen: 15 * time.Second, MaxDisk: nodes.MaxDiskUsed, MaxMemory: 0.80,
		FailedJobs: 3, FailureWindow: 10 * time.Minute,
		EphemeralLimit: 30 * time.Minute, Steady: []string{KindTrain, KindEvaluate, "promotion"},
		TrainingGPUs: 0.2, PreemptFor: ledger.High, Checkpointed: []string{KindTrain}, PreemptYoung: time.Minute,
		Patience: 15 * time.Minute,
	}
}

// OverQuota returns the configs that have used up their share, by name.
func (p Policy) OverQuota(times []ledger.HostTime) []string {
	var all time.Duration
	used := map[string]time.Duration{}
	for _, one := range times {
		if !one.Critical {
			all += one.Time
			used[one.ConfigKey] += one.Time
		}
	}
	var over []string
	for config, time := range used {
		if config != "" && float64(time) > p.Quota*float64(all) {
			over = append(over, config)
		}
	}
	slices.Sort(over)
	return over
}

// innocent are the classes of failures that say nothing against the node they happened on.
func innocent(class string) bool {
	return slices.Contains([]string{
		ledger.ClassLost, ledger.ClassCancelled, classPreempted, classNoInput, classUnreached, classBadInput, classBadRequest,
		classRefused, "precondition", "deadline", "diverged",
	}, class)
}

// failed says of the nodes on which too many different jobs failed that they did.
func (p Policy) failed(failures []ledger.NodeFailures) map[string]string {
	failed, why := map[string]int64{}, map[string]string{}
	for _, one := range failures {
		if !innocent(one.ErrorClass) {
			failed[one.Node] += one.Jobs
		}
	}
	for node, jobs := range failed {
		if jobs >= p.FailedJobs {
			why[node] = fmt.Sprintf("%d jobs failed on it within %s", jobs, p.FailureWindow)
		}
	}
	return why
}

// diskFull says of the nodes on which a job found the disk full that the next one would, too.
func diskFull(failures []ledger.NodeFailures, within time.Duration) map[string]string {
	why := map[string]string{}
	for _, one := range failures {
		if one.ErrorClass == classDiskFull {
			why[one.Node] = fmt.Sprintf("a job found its disk full within %s", within)
		}
	}
	return why
}
