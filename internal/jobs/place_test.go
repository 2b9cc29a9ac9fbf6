package jobs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func measured[T any](value T) nodes.Measured[T] { return nodes.Measured[T]{Value: &value, At: noon} }

// machine is a healthy node with so many cores and GPUs, 16 GiB of memory and 100 GiB of disk, half of each free.
func machine(id string, cores float64, gpus int, changes ...func(*ledger.Node, *nodes.Capacity)) ledger.Node {
	const gib = 1 << 30
	devices := make([]nodes.GPU, gpus)
	for i := range devices {
		memory := int64(24_000)
		devices[i] = nodes.GPU{Index: int64(i), MemoryMB: &memory}
	}
	capacity := nodes.Capacity{
		CPUs: measured(cores), Memory: measured(nodes.Space{Total: 16 * gib, Free: 8 * gib}),
		Disk: measured(nodes.Space{Total: 100 * gib, Free: 50 * gib}), GPUs: measured(devices),
	}
	node := ledger.Node{
		NodeReport: ledger.NodeReport{ID: id}, Desired: ledger.NodeActive, Health: ledger.NodeHealthy, LastSeen: noon.Add(-3 * time.Second),
	}
	for _, change := range changes {
		change(&node, &capacity)
	}
	node.Capacity, _ = json.Marshal(capacity)
	return node
}

// queuedJob waits since a minute and needs one core.
func queuedJob(id string, changes ...func(*ledger.Job)) ledger.Job {
	job := ledger.Job{ID: id, Status: ledger.Pending, ReadyAt: noon.Add(-time.Minute), JobSpec: ledger.JobSpec{
		Kind: "selfplay", ConfigKey: "a", Class: ledger.Normal, Priority: 50, Resources: ledger.Resources{CPU: 1},
	}}
	for _, change := range changes {
		change(&job)
	}
	return job
}

// runningJob runs on a node since ten minutes.
func runningJob(id, node string, changes ...func(*ledger.Job)) ledger.Job {
	job := queuedJob(id, changes...)
	job.Status, job.Node, job.Token, job.Attempt = ledger.Running, node, 1, 1
	if job.StartedAt.IsZero() {
		job.StartedAt = noon.Add(-10 * time.Minute)
	}
	return job
}

func class(class ledger.Class) func(*ledger.Job) { return func(j *ledger.Job) { j.Class = class } }
func kind(kind string) func(*ledger.Job)         { return func(j *ledger.Job) { j.Kind = kind } }
func ofConfig(key string) func(*ledger.Job)      { return func(j *ledger.Job) { j.ConfigKey = key } }
func waiting(d time.Duration) func(*ledger.Job) {
	return func(j *ledger.Job) { j.ReadyAt = noon.Add(-d) }
}
func priority(priority int64) func(*ledger.Job) { return func(j *ledger.Job) { j.Priority = priority } }
func started(ago time.Duration) func(*ledger.Job) {
	return func(j *ledger.Job) { j.StartedAt = noon.Add(-ago) }
}
func needs(need ledger.Resources) func(*ledger.Job) {
	return func(j *ledger.Job) { j.Resources = need }
}

// grants renders what was granted: job>node.
func grants(placement jobs.Placement) []string {
	all := []string{}
	for _, grant := range placement.Grants {
		all = append(all, grant.Job.ID+">"+grant.Node)
	}
	return all
}

func preempted(placement jobs.Placement) []string {
	all := []string{}
	for _, one := range placement.Preemptions {
		all = append(all, one.Job.ID)
	}
	return all
}

func place(s jobs.Snapshot) jobs.Placement {
	s.Now = noon
	return jobs.Place(s, jobs.DefaultPolicy())
}

func TestJobsComeByRank(t *testing.T) {
	t.Parallel()
	one := []ledger.Node{machine("n1", 1, 0)}
	for name, test := range map[string]struct {
		candidates []ledger.Job
		leased     []ledger.Job
		times      []ledger.HostTime
		first      string
	}{
		"class before priority":      {candidates: []ledger.Job{queuedJob("normal", priority(100)), queuedJob("high", class(ledger.High), priority(0))}, first: "high"},
		"priority within a class":    {candidates: []ledger.Job{queuedJob("low", priority(10)), queuedJob("high", priority(11))}, first: "high"},
		"age among equals":           {candidates: []ledger.Job{queuedJob("young"), queuedJob("old", waiting(time.Hour))}, first: "old"},
		"four hours are one class":   {candidates: []ledger.Job{queuedJob("normal", priority(100)), queuedJob("low", class(ledger.Low), priority(100), waiting(4*time.Hour))}, first: "low"},
		"not yet after less":         {candidates: []ledger.Job{queuedJob("normal", priority(99)), queuedJob("low", class(ledger.Low), priority(100), waiting(4*time.Hour-time.Second))}, first: "normal"},
		"waiting is never critical":  {candidates: []ledger.Job{queuedJob("critical", class(ledger.Critical), priority(0)), queuedJob("old", priority(100), waiting(40*time.Hour))}, first: "critical"},
		"the config with less first": {candidates: []ledger.Job{queuedJob("a", waiting(time.Hour)), queuedJob("b", ofConfig("b"))}, leased: []ledger.Job{runningJob("r", "elsewhere")}, first: "b"},
		"over quota comes last": {
			candidates: []ledger.Job{queuedJob("a", class(ledger.High)), queuedJob("b", ofConfig("b"), class(ledger.Low))},
			times:      []ledger.HostTime{{ConfigKey: "a", Time: 31 * time.Minute}, {ConfigKey: "b", Time: 20 * time.Minute}, {ConfigKey: "c", Time: 49 * time.Minute}}, first: "b",
		},
		"critical time is not counted": {
			candidates: []ledger.Job{queuedJob("a", class(ledger.High)), queuedJob("b", ofConfig("b"))},
			times:      []ledger.HostTime{{ConfigKey: "a", Critical: true, Time: 31 * time.Minute}, {ConfigKey: "b", Time: 69 * time.Minute}}, first: "a",
		},
		"critical knows no quota": {
			candidates: []ledger.Job{queuedJob("a", class(ledger.Critical)), queuedJob("b", ofConfig("b"), class(ledger.High))},
			times:      []ledger.HostTime{{ConfigKey: "a", Time: time.Hour}, {ConfigKey: "b", Time: time.Minute}}, first: "a",
		},
		"over quota alone still runs": {candidates: []ledger.Job{queuedJob("a")}, times: []ledger.HostTime{{ConfigKey: "a", Time: time.Hour}}, first: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // whatever the order of the candidates
				got := place(jobs.Snapshot{Nodes: one, Candidates: test.candidates, Leased: test.leased, HostTimes: test.times})
				require.Equal(t, []string{test.first + ">n1"}, grants(got))
				slices.Reverse(test.candidates)
			}
		})
	}
}

func TestANodeMustBeFit(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	for name, test := range map[string]struct {
		node     func(*ledger.Node, *nodes.Capacity)
		job      func(*ledger.Job)
		failures []ledger.NodeFailures
		runs     bool
	}{
		"as it is":          {runs: true},
		"suspect":           {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Health = ledger.NodeSuspect }, runs: true},
		"unknown health":    {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Health = ledger.NodeUnknown }},
		"unhealthy":         {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Health = ledger.NodeUnhealthy }},
		"evicted":           {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Health = ledger.NodeEvicted }},
		"cordoned":          {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Desired = ledger.NodeCordoned }},
		"removed":           {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Desired = ledger.NodeRemoved }},
		"not seen for 15 s": {node: func(n *ledger.Node, _ *nodes.Capacity) { n.LastSeen = noon.Add(-15 * time.Second) }},
		"seen 14 s ago":     {node: func(n *ledger.Node, _ *nodes.Capacity) { n.LastSeen = noon.Add(-14 * time.Second) }, runs: true},
		"CPUs unknown":      {node: func(_ *ledger.Node, c *nodes.Capacity) { c.CPUs = nodes.Measured[float64]{Fault: "x"} }},
		"memory unknown":    {node: func(_ *ledger.Node, c *nodes.Capacity) { c.Memory = nodes.Measured[nodes.Space]{} }},
		"disk unknown":      {node: func(_ *ledger.Node, c *nodes.Capacity) { c.Disk = nodes.Measured[nodes.Space]{} }},
		"GPUs unknown":      {node: func(_ *ledger.Node, c *nodes.Capacity) { c.GPUs = nodes.Measured[[]nodes.GPU]{} }, runs: true},
		"memory too full":   {node: func(_ *ledger.Node, c *nodes.Capacity) { c.Memory = measured(nodes.Space{Total: 100, Free: 19}) }},
		"disk too full":     {node: func(_ *ledger.Node, c *nodes.Capacity) { c.Disk = measured(nodes.Space{Total: 100, Free: 6}) }},
		"disk at the limit": {node: func(_ *ledger.Node, c *nodes.Capacity) {
			c.Disk = measured(nodes.Space{Total: 100 * gib, Free: 8 * gib})
		}, runs: true},
		"memory it has":    {job: needs(ledger.Resources{CPU: 1, MemMB: 8192}), runs: true},
		"memory in use":    {job: needs(ledger.Resources{CPU: 1, MemMB: 8193})},
		"disk it has not":  {job: needs(ledger.Resources{CPU: 1, DiskMB: 60_000})},
		"cores it has not": {job: needs(ledger.Resources{CPU: 4.5})},
		"a GPU it has not": {job: needs(ledger.Resources{CPU: 1, GPU: 1})},
		"unknown GPUs":     {node: func(_ *ledger.Node, c *nodes.Capacity) { c.GPUs = nodes.Measured[[]nodes.GPU]{} }, job: needs(ledger.Resources{CPU: 1, GPU: 1})},
		"a label it lacks": {job: func(j *ledger.Job) { j.Labels = []string{"fast"} }},
		"a label it has":   {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Labels = []string{"fast"} }, job: func(j *ledger.Job) { j.Labels = []string{"fast"} }, runs: true},
		"a role it lacks":  {node: func(n *ledger.Node, _ *nodes.Capacity) { n.Roles = []string{"training"} }},
		"excluded":         {job: func(j *ledger.Job) { j.ExcludedNodes = []string{"n1"} }},
		"avoided, alone":   {job: func(j *ledger.Job) { j.AvoidedNodes = []string{"n1"} }, runs: true},
		"kept for another": {job: func(j *ledger.Job) { j.TargetNode = "n2" }},
		"kept until now":   {job: func(j *ledger.Job) { j.TargetNode, j.TargetUntil = "n2", noon }, runs: true},
		"kept for it":      {job: func(j *ledger.Job) { j.TargetNode = "n1" }, runs: true},
		"two failed":       {failures: []ledger.NodeFailures{{Node: "n1", ErrorClass: "internal", Jobs: 2}}, runs: true},
		"three failed":     {failures: threeOn("n1"), runs: true}, // there is no other node
		"one, disk full":   {failures: []ledger.NodeFailures{{Node: "n1", ErrorClass: "disk_full", Jobs: 1}}},
		"another's disk":   {failures: []ledger.NodeFailures{{Node: "n2", ErrorClass: "disk_full", Jobs: 1}}, runs: true},
		"three were lost":  {failures: []ledger.NodeFailures{{Node: "n1", ErrorClass: "lost", Jobs: 9}, {Node: "n1", ErrorClass: "bad_request", Jobs: 9}}, runs: true},
		"ephemeral, long":  {node: ephemeral},
		"ephemeral, short": {node: ephemeral, job: func(j *ledger.Job) { j.RunLimitSeconds = 1800 }, runs: true},
		"ephemeral, train": {node: ephemeral, job: func(j *ledger.Job) { j.RunLimitSeconds, j.Kind = 1800, "train" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := func(*ledger.Node, *nodes.Capacity) {}
			if test.node != nil {
				change = test.node
			}
			job := queuedJob("j")
			if test.job != nil {
				test.job(&job)
			}
			got := place(jobs.Snapshot{Nodes: []ledger.Node{machine("n1", 4, 0, change)}, Candidates: []ledger.Job{job}, Failures: test.failures})
			require.Equal(t, test.runs, len(got.Grants) == 1, "%v", got.Refused)
		})
	}
}

func ephemeral(n *ledger.Node, _ *nodes.Capacity) { n.Labels = []string{jobs.LabelEphemeral} }

func TestPlaceChoosesTheNode(t *testing.T) {
	t.Parallel()
	nodes := []ledger.Node{machine("n1", 4, 0), machine("n2", 8, 0), machine("n3", 64, 2)}
	checkpoint, err := json.Marshal(jobs.Checkpoint{Node: "n1"})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		job    ledger.Job
		leased []ledger.Job
		want   string
	}{
		"most left":                        {job: queuedJob("j"), leased: []ledger.Job{runningJob("r", "n1")}, want: "n2"},
		"not the GPUs":                     {job: queuedJob("j", needs(ledger.Resources{CPU: 4})), leased: []ledger.Job{runningJob("r", "n2", needs(ledger.Resources{CPU: 4}))}, want: "n1"},
		"the GPUs":                         {job: queuedJob("j", needs(ledger.Resources{GPU: 1})), want: "n3"},
		"its checkpoint":                   {job: queuedJob("j", func(j *ledger.Job) { j.ResumeFrom = string(checkpoint) }), leased: []ledger.Job{runningJob("r", "n1")}, want: "n1"},
		"not where it failed":              {job: queuedJob("j", func(j *ledger.Job) { j.AvoidedNodes = []string{"n2"} }), leased: []ledger.Job{runningJob("r", "n1")}, want: "n1"},
		"waits rather than where it fails": {job: queuedJob("j", func(j *ledger.Job) { j.AvoidedNodes = []string{"n2", "n3"} }), leased: []ledger.Job{runningJob("r", "n1", needs(ledger.Resources{CPU: 4}))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := []string{}
			if test.want != "" {
				want = append(want, "j>"+test.want)
			}
			require.Equal(t, want, grants(place(jobs.Snapshot{Nodes: nodes, Candidates: []ledger.Job{test.job}, Leased: test.leased})))
		})
	}
}

func TestPlaceKeepsToTheSums(t *testing.T) {
	t.Parallel()
	many := func(count int, changes ...func(*ledger.Job)) (all []ledger.Job) {
		for i := range count {
			all = append(all, queuedJob(fmt.Sprintf("j%03d", i), changes...))
		}
		return all
	}
	for name, test := range map[string]struct {
		nodes      []ledger.Node
		candidates []ledger.Job
		leased     []ledger.Job
		granted    int
	}{
		"cores":               {nodes: []ledger.Node{machine("n1", 4, 0)}, candidates: many(9), leased: []ledger.Job{runningJob("r", "n1")}, granted: 3},
		"parts of cores":      {nodes: []ledger.Node{machine("n1", 1, 0)}, candidates: many(20, needs(ledger.Resources{CPU: 0.1})), granted: 10},
		"no core is one":      {nodes: []ledger.Node{machine("n1", 4, 0)}, candidates: many(9, needs(ledger.Resources{})), granted: 4},
		"memory":              {nodes: []ledger.Node{machine("n1", 64, 0)}, candidates: many(9, needs(ledger.Resources{CPU: 1, MemMB: 3000})), granted: 2},
		"slots of a node":     {nodes: []ledger.Node{machine("n1", 128, 0)}, candidates: many(99, kind("validate")), granted: 64},
		"the cap of a kind":   {nodes: []ledger.Node{machine("n1", 64, 0), machine("n2", 64, 0)}, candidates: many(120), leased: []ledger.Job{runningJob("r", "n1")}, granted: 99},
		"GPUs for training":   {nodes: []ledger.Node{machine("n1", 64, 10)}, candidates: many(12, needs(ledger.Resources{CPU: 1, GPU: 1})), granted: 8},
		"training has all":    {nodes: []ledger.Node{machine("n1", 64, 10)}, candidates: many(12, kind("train"), needs(ledger.Resources{CPU: 1, GPU: 1})), granted: 10},
		"one GPU is no share": {nodes: []ledger.Node{machine("n1", 64, 1)}, candidates: many(2, needs(ledger.Resources{CPU: 1, GPU: 1})), granted: 1},
		"nothing to use":      {candidates: many(3)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := place(jobs.Snapshot{Nodes: test.nodes, Candidates: test.candidates, Leased: test.leased})
			require.Len(t, got.Grants, test.granted, "%v", got.Refused)
			refused := 0
			for _, count := range got.Refused {
				refused += count
			}
			require.Equal(t, len(test.candidates), test.granted+refused, "each candidate is granted or refused for a reason")
		})
	}
}

func TestConfigsTakeTurns(t *testing.T) {
	t.Parallel()
	var candidates []ledger.Job
	for i := range 100 {
		candidates = append(candidates, queuedJob(fmt.Sprintf("a%03d", i), waiting(time.Hour)))
	}
	for i := range 5 {
		candidates = append(candidates, queuedJob(fmt.Sprintf("b%03d", i), ofConfig("b")))
	}
	got := place(jobs.Snapshot{Nodes: []ledger.Node{machine("n1", 10, 0)}, Candidates: candidates})
	b := 0
	for _, grant := range got.Grants {
		if grant.Job.ConfigKey == "b" {
			b++
		}
	}
	require.Equal(t, 5, b, "half of the places: %v", grants(got))
}

func TestUrgentJobsMakeRoom(t *testing.T) {
	t.Parallel()
	critical := queuedJob("critical", class(ledger.Critical), kind("evaluate"))
	full := func(changes ...func(*ledger.Job)) []ledger.Job {
		changes = append([]func(*ledger.Job){kind("match")}, changes...)
		return []ledger.Job{runningJob("r1", "n1", changes...), runningJob("r2", "n1", changes...)}
	}
	for name, test := range map[string]struct {
		candidate ledger.Job
		leased    []ledger.Job
		leaving   []string
		want      []string
	}{
		"young":                   {candidate: critical, leased: full(started(59 * time.Second)), want: []string{"r1"}},
		"old without checkpoint":  {candidate: critical, leased: full(started(61 * time.Second)), want: []string{}},
		"old with checkpoint":     {candidate: critical, leased: full(kind("train")), want: []string{"r1"}},
		"the lowest class":        {candidate: critical, leased: []ledger.Job{runningJob("r1", "n1", kind("train"), class(ledger.High)), runningJob("r2", "n1", kind("train"))}, want: []string{"r2"}},
		"the youngest":            {candidate: critical, leased: []ledger.Job{runningJob("r1", "n1", kind("train")), runningJob("r2", "n1", kind("train"), started(time.Minute))}, want: []string{"r2"}},
		"never an equal":          {candidate: critical, leased: full(class(ledger.Critical), started(time.Second)), want: []string{}},
		"not for normal ones":     {candidate: queuedJob("j"), leased: full(started(time.Second)), want: []string{}},
		"one that leaves is room": {candidate: critical, leased: full(started(time.Second)), leaving: []string{"r2"}, want: []string{}},
		"as many as needed": {
			candidate: queuedJob("critical", class(ledger.Critical), needs(ledger.Resources{CPU: 2})), leased: full(started(time.Second)), want: []string{"r1", "r2"},
		},
		"none if it is not enough": {
			candidate: queuedJob("critical", class(ledger.Critical), needs(ledger.Resources{CPU: 2})),
			leased:    []ledger.Job{runningJob("r1", "n1", kind("match")), runningJob("r2", "n1", kind("match"), started(time.Second))}, want: []string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaving := map[ledger.Lease]bool{}
			for _, id := range test.leaving {
				leaving[ledger.Lease{JobID: id, Token: 1}] = true
			}
			got := place(jobs.Snapshot{Nodes: []ledger.Node{machine("n1", 2, 0)}, Candidates: []ledger.Job{test.candidate}, Leased: test.leased, Leaving: leaving})
			require.Empty(t, got.Grants)
			require.Equal(t, test.want, preempted(got))
		})
	}
}

// What yields is no reason to wait, nor is it ended, as long as it is only the processors that are taken.
func TestNobodyWaitsForWhatYields(t *testing.T) {
	t.Parallel()
	merge := func(id string, changes ...func(*ledger.Job)) ledger.Job {
		return queuedJob(id, append([]func(*ledger.Job){kind("merge"), class(ledger.High)}, changes...)...)
	}
	train := func(id string) ledger.Job { return queuedJob(id, kind("train")) }
	busy := []ledger.Job{runningJob("r1", "n1", started(time.Second)), runningJob("r2", "n1", kind("distill"), class(ledger.Low))}
	large := needs(ledger.Resources{CPU: 1, MemMB: 8500})
	for name, test := range map[string]struct {
		candidates []ledger.Job
		leased     []ledger.Job
		want       []string
		preempted  []string
	}{
		"beside self-play and what is of the lowest class": {candidates: []ledger.Job{merge("m")}, leased: busy, want: []string{"m>n1"}},
		"of any class":                  {candidates: []ledger.Job{train("t")}, leased: busy, want: []string{"t>n1"}},
		"no more than there are":        {candidates: []ledger.Job{merge("m1"), merge("m2"), merge("m3")}, leased: busy, want: []string{"m1>n1", "m2>n1"}},
		"others count as ever":          {candidates: []ledger.Job{train("t1"), train("t2")}, leased: []ledger.Job{busy[0], runningJob("r2", "n1", kind("train"))}, want: []string{"t1>n1"}},
		"self-play waits for self-play": {candidates: []ledger.Job{queuedJob("s")}, leased: busy, want: []string{}},
		"self-play waits for others":    {candidates: []ledger.Job{queuedJob("s")}, leased: []ledger.Job{busy[0], runningJob("r2", "n1", kind("train"))}, want: []string{}},
		"memory is not shared": {
			candidates: []ledger.Job{merge("m", large)}, leased: []ledger.Job{runningJob("r1", "n1", started(time.Second), large), busy[1]},
			want: []string{}, preempted: []string{"r1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := place(jobs.Snapshot{Nodes: []ledger.Node{machine("n1", 2, 0)}, Candidates: test.candidates, Leased: test.leased})
			require.Equal(t, test.want, grants(got))
			require.ElementsMatch(t, test.preempted, preempted(got))
		})
	}
}

// threeOn are as many failures as make a node rest.
func threeOn(node string) []ledger.NodeFailures {
	return []ledger.NodeFailures{{Node: node, ErrorClass: "internal", Jobs: 2}, {Node: node, ErrorClass: "out_of_memory", Jobs: 1}}
}

// A node on which jobs fail rests as long as another one takes jobs. Were all to rest, nothing would move.
func TestWhoFailsRestsWhileOthersWork(t *testing.T) {
	t.Parallel()
	both := slices.Concat(threeOn("n1"), threeOn("n2"))
	full := []ledger.NodeFailures{{Node: "n2", ErrorClass: "disk_full", Jobs: 1}}
	away := func(n *ledger.Node, _ *nodes.Capacity) { n.LastSeen = noon.Add(-time.Hour) }
	for name, test := range map[string]struct {
		failures []ledger.NodeFailures
		other    func(*ledger.Node, *nodes.Capacity)
		want     []string
	}{
		"another works":     {failures: threeOn("n1"), want: []string{"j>n2"}},
		"all have failed":   {failures: both, want: []string{"j>n1"}},
		"the other is away": {failures: threeOn("n1"), other: away, want: []string{"j>n1"}},
		"its disk is full":  {failures: slices.Concat(threeOn("n1"), full), want: []string{"j>n1"}},
		"both disks are":    {failures: append(slices.Clone(full), ledger.NodeFailures{Node: "n1", ErrorClass: "disk_full", Jobs: 1}), want: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := machine("n2", 2, 0)
			if test.other != nil {
				other = machine("n2", 2, 0, test.other)
			}
			got := place(jobs.Snapshot{Nodes: []ledger.Node{machine("n1", 2, 0), other}, Candidates: []ledger.Job{queuedJob("j")}, Failures: test.failures})
			require.Equal(t, test.want, grants(got))
		})
	}
}

func TestRoomIsKept(t *testing.T) {
	t.Parallel()
	big := func(changes ...func(*ledger.Job)) ledger.Job {
		return queuedJob("big", append(changes, needs(ledger.Resources{CPU: 2}), priority(60))...)
	}
	leased := []ledger.Job{runningJob("r1", "n1")}
	small := queuedJob("small")
	for name, test := range map[string]struct {
		big     ledger.Job
		leaving map[ledger.Lease]bool
		want    []string
	}{
		"not for one that came just now": {big: big(), want: []string{"small>n1"}},
		"for one that waited for long":   {big: big(waiting(16 * time.Minute)), want: []string{}},
		"where room comes free":          {big: big(), leaving: map[ledger.Lease]bool{leased[0].Lease(): true}, want: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := place(jobs.Snapshot{Nodes: []ledger.Node{machine("n1", 2, 0)}, Candidates: []ledger.Job{small, test.big}, Leased: leased, Leaving: test.leaving})
			require.Equal(t, test.want, grants(got))
		})
	}
}

func TestDrainingNodesAreCleared(t *testing.T) {
	t.Parallel()
	leased := []ledger.Job{runningJob("r1", "n1"), runningJob("r2", "n1"), runningJob("r3", "n2")}
	drained := machine("n1", 4, 0, func(n *ledger.Node, _ *nodes.Capacity) { n.Desired = ledger.NodeDraining })
	snapshot := jobs.Snapshot{Nodes: []ledger.Node{drained, machine("n2", 4, 0)}, Leased: leased, Candidates: []ledger.Job{queuedJob("j")}}
	got := place(snapshot)
	require.Equal(t, []string{"r1", "r2"}, preempted(got))
	require.Equal(t, []string{"j>n2"}, grants(got))
	snapshot.Leaving = map[ledger.Lease]bool{leased[0].Lease(): true, leased[1].Lease(): true}
	require.Empty(t, place(snapshot).Preemptions, "each is told once")
}
