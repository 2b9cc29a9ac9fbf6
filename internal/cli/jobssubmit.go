package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	maxSubmitted = 100_000
	// maxJobsFile bounds a file of jobs, in bytes.
	maxJobsFile = 64 << 20
)

type submitFlags struct {
	workload, command, kind, config, params, class, key, node string
	games, seed, priority, memory, gpus, attempts             int64
	count                                                     int
	cpus                                                      float64
	labels                                                    []string
	runLimit                                                  time.Duration
}

// submitReport is what `jobs submit -o json` prints.
type submitReport struct {
	Jobs []submittedJob `json:"jobs"`
}

type submittedJob struct {
	ID  string `json:"job_id"`
	Key string `json:"idempotency_key"`
	// New is false for a job that was there under this key.
	New bool `json:"new"`
}

func (a *app) jobsSubmit() *cobra.Command {
	flags := submitFlags{count: 1, cpus: 1}
	command := &cobra.Command{
		Use:   "submit [FILE|-]",
		Short: "Put jobs into the queue: from flags, or from a file with one job or a list of them",
		Example: `  starter jobs submit --command selfplay --config sq5_2p --games 50 --count 200
  starter jobs submit --command evaluate --config sq5_2p --params '{"games":40}' --class critical --key eval-17
  starter jobs submit jobs.json -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, inputs []string) error {
			if len(inputs) > 0 {
				if err := onlyFile(command); err != nil {
					return err
				}
			}
			specs, err := a.jobSpecs(inputs, flags)
			if err != nil {
				return err
			}
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				if err := checkTargets(command.Context(), l, specs); err != nil {
					return err
				}
				return a.submitJobs(command.Context(), l, specs)
			})
		},
	}
	flags.bind(command)
	complete(command, "class", classNames()...)
	return command
}

func (f *submitFlags) bind(command *cobra.Command) {
	set := command.Flags()
	set.StringVar(&f.workload, "workload", "", "name of the workload; default the only one that a node has")
	set.StringVar(&f.command, "command", "", "what the workload is to do: selfplay, train, evaluate, match …")
	set.StringVar(&f.kind, "kind", "", "kind of the job, which caps go by; default the command")
	set.StringVar(&f.config, "config", "", "configuration to play, such as sq5_2p")
	set.Int64Var(&f.games, "games", 0, "how many games: sets games in the params")
	set.StringVar(&f.params, "params", "{}", "the command's params, a JSON object")
	set.Int64Var(&f.seed, "seed", 0, "random seed of the first job, the others count on; default follows from the key")
	set.IntVar(&f.count, "count", f.count, "how many jobs")
	set.Int64Var(&f.priority, "priority", 50, "0 to 100, higher first")
	set.StringVar(&f.class, "class", "normal", "critical, high, normal or low")
	set.StringVar(&f.key, "key", "", "submitted twice under one key, a job is there once; default a new key")
	set.StringVar(&f.node, "node", "", "the only node that may run it")
	set.StringSliceVar(&f.labels, "label", nil, "a label that the node must have")
	set.Float64Var(&f.cpus, "cpus", f.cpus, "cores it needs")
	set.Int64Var(&f.memory, "mem-mb", 0, "memory it needs and may use, in MiB; 0 is no limit")
	set.Int64Var(&f.gpus, "gpus", 0, "GPUs it needs")
	set.Int64Var(&f.attempts, "max-attempts", 0, "how many attempts may fail; 0 is 3")
	set.DurationVar(&f.runLimit, "run-limit", 0, "how long an attempt may run; 0 is no limit of its own")
}

// onlyFile refuses flags beside a file of jobs, whose jobs they would not change.
func onlyFile(command *cobra.Command) (err error) {
	command.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Changed {
			err = usagef("give a file or --%s, not both", flag.Name)
		}
	})
	return err
}

func classNames() []string {
	names := make([]string, 0, ledger.Low+1)
	for class := ledger.Critical; class <= ledger.Low; class++ {
		names = append(names, class.String())
	}
	return names
}

// jobSpecs are the jobs of a file, or those of the flags.
func (a *app) jobSpecs(inputs []string, flags submitFlags) ([]ledger.JobSpec, error) {
	if len(inputs) == 0 {
		return flags.specs()
	}
	document, err := a.readJobsFile(inputs[0])
	if err != nil {
		return nil, err
	}
	specs, err := parseJobs(document)
	if err != nil {
		return nil, usagef("%s: %w", inputs[0], err)
	}
	return specs, nil
}

func (a *app) readJobsFile(path string) ([]byte, error) {
	reader := a.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, usagef("open jobs: %w", err)
		}
		defer func() { _ = file.Close() }() // only read from
		reader = file
	}
	document, err := io.ReadAll(io.LimitReader(reader, maxJobsFile+1))
	if err == nil && len(document) > maxJobsFile {
		err = fmt.Errorf("more than %d bytes: split the file", maxJobsFile)
	}
	if err != nil {
		return nil, usagef("read jobs from %s: %w", path, err)
	}
	return document, nil
}

// parseJobs reads one job or a list of them; a field that is not known is an error.
func parseJobs(document []byte) (specs []ledger.JobSpec, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(document), []byte("[")) {
		err = strictJSON(document, &specs)
	} else {
		specs = make([]ledger.JobSpec, 1)
		err = strictJSON(document, &specs[0])
	}
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 {
		return nil, errors.New("it has no jobs")
	}
	for i, spec := range specs {
		var request jobs.Request
		if err := strictJSON(spec.Request, &request); err != nil {
			return nil, fmt.Errorf("job %d: request: %w", i, err)
		}
		if err := checkCommand(request.Command); err != nil {
			return nil, fmt.Errorf("job %d: request: %w", i, err)
		}
	}
	return specs, nil
}

func strictJSON(document []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more behind its end")
	}
	return nil
}

func checkCommand(command workload.Command) error {
	if !command.Known() || command == workload.Describe {
		return fmt.Errorf("command %q: choose of %s", command, names(slices.DeleteFunc(workload.Commands(), func(c workload.Command) bool { return c == workload.Describe })))
	}
	return nil
}

// specs are the jobs that the flags describe.
func (f submitFlags) specs() ([]ledger.JobSpec, error) {
	if f.command == "" {
		return nil, usagef("name a file of jobs, or give --command and --config")
	}
	class := slices.Index(classNames(), f.class)
	var params map[string]any
	switch err := json.Unmarshal([]byte(f.params), &params); {
	case err != nil || params == nil:
		return nil, usagef("--params %q: give a JSON object", f.params)
	case class < 0:
		return nil, usagef("--class %q: choose of %s", f.class, names(classNames()))
	case f.count < 1 || f.count > maxSubmitted:
		return nil, usagef("--count %d: choose 1 to %d", f.count, maxSubmitted)
	case f.games < 0:
		return nil, usagef("--games %d: give how many, or 0 for the workload's default", f.games)
	case f.runLimit%time.Second != 0:
		return nil, usagef("--run-limit %s: give whole seconds, as 90s", f.runLimit)
	case f.seed < 0 || f.seed > workload.MaxSeed:
		return nil, usagef("--seed %d: choose 0 to %d", f.seed, int64(workload.MaxSeed))
	}
	if err := checkCommand(workload.Command(f.command)); err != nil {
		return nil, usageError{err}
	}
	if f.games > 0 {
		params["games"] = f.games
	}
	encoded, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("encode params: %w", err)
	}
	if f.key == "" {
		f.key = "starter/" + rand.Text()
	}
	specs := make([]ledger.JobSpec, f.count)
	for i := range specs {
		if specs[i], err = f.spec(i, ledger.Class(class), encoded); err != nil {
			return nil, err
		}
	}
	return specs, nil
}

func (f submitFlags) spec(number int, class ledger.Class, params json.RawMessage) (ledger.JobSpec, error) {
	key, kind := f.key, f.kind
	if f.count > 1 {
		key = fmt.Sprintf("%s/%d", f.key, number)
	}
	if kind == "" {
		kind = f.command
	}
	request, err := json.Marshal(jobs.Request{
		Workload: f.workload, Command: workload.Command(f.command), Seed: f.seedOf(key, number), Params: params,
	})
	if err != nil {
		return ledger.JobSpec{}, fmt.Errorf("encode request: %w", err)
	}
	return ledger.JobSpec{
		IdempotencyKey: key, Kind: kind, ConfigKey: f.config, Class: class, Priority: f.priority, Request: request,
		Resources: ledger.Resources{CPU: f.cpus, MemMB: f.memory, GPU: f.gpus}, Labels: f.labels, TargetNode: f.node,
		MaxAttempts: f.attempts, RunLimitSeconds: int64(f.runLimit.Seconds()),
	}, nil
}

func (f submitFlags) seedOf(key string, number int) int64 {
	if f.seed != 0 {
		return (f.seed + int64(number)) & workload.MaxSeed
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(key)) // a hash takes everything
	return int64(sum.Sum64() & workload.MaxSeed)
}

// checkTargets refuses jobs for a node that is not known: they would wait for it for ever.
func checkTargets(ctx context.Context, l *ledger.Ledger, specs []ledger.JobSpec) error {
	known := map[string]bool{"": true} // any node
	for _, spec := range specs {
		if known[spec.TargetNode] {
			continue
		}
		if _, err := nodeNamed(ctx, l, spec.TargetNode); err != nil {
			return err
		}
		known[spec.TargetNode] = true
	}
	return nil
}

// submitJobs puts the jobs into the queue, a thousand at a time.
func (a *app) submitJobs(ctx context.Context, l *ledger.Ledger, specs []ledger.JobSpec) error {
	session := l.Session(a.Config.Operator, 0)
	report := submitReport{Jobs: []submittedJob{}}
	var hints []bus.Payload
	var fault error
	for part := range slices.Chunk(specs, ledger.MaxSubmissions) {
		submitted, err := session.SubmitJobs(ctx, part)
		if err != nil {
			fault = err
			break
		}
		for _, one := range submitted {
			report.Jobs = append(report.Jobs, submittedJob{ID: one.Job.ID, Key: one.Job.IdempotencyKey, New: one.New})
			if one.New {
				hints = append(hints, bus.WorkQueued{Work: workOf(one.Job)})
			}
		}
	}
	if len(hints) > 0 {
		a.hint(ctx, hints)
	}
	return errors.Join(fault, a.print(report, func(w io.Writer) { writeSubmitted(w, report) }))
}

func writeSubmitted(w io.Writer, report submitReport) {
	for _, job := range report.Jobs {
		if job.New {
			row(w, job.ID)
		} else {
			row(w, job.ID, "was there already")
		}
	}
}
