package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	maxDependencies    = 256
	maxListed          = 256 // labels, nodes and the like in one record
	maxSeconds         = 366 * 24 * 3600
	defaultMaxAttempts = 3
	defaultMaxLosses   = 10
)

// checkedSpecs returns specs with their defaults, or what is wrong with the first bad one.
func checkedSpecs(specs []JobSpec) ([]JobSpec, error) {
	if err := count("jobs", len(specs), MaxSubmissions); err != nil {
		return nil, err
	}
	specs = slices.Clone(specs) // the caller's stay as they are
	for i := range specs {
		specs[i].MaxAttempts = cmp.Or(specs[i].MaxAttempts, defaultMaxAttempts)
		specs[i].MaxLosses = cmp.Or(specs[i].MaxLosses, defaultMaxLosses)
		if err := specs[i].validate(); err != nil {
			return nil, fmt.Errorf("job %q: %w", specs[i].IdempotencyKey, err)
		}
	}
	return specs, nil
}

func (s JobSpec) validate() error {
	unique := slices.Compact(slices.Sorted(slices.Values(s.DependsOn)))
	if len(unique) != len(s.DependsOn) {
		return fmt.Errorf("depends_on is %q: name each job once: %w", s.DependsOn, ErrInvalid)
	}
	if s.ConfigKey != "" {
		if err := config(s.ConfigKey); err != nil {
			return err
		}
	}
	return firstError(text("idempotency_key", s.IdempotencyKey), text("kind", s.Kind), short("plan_id", s.PlanID),
		short("iteration_id", s.IterationID), short("target_node", s.TargetNode), document("request", s.Request),
		between("class", int64(s.Class), int64(Critical), int64(Low)), between("priority", s.Priority, 0, 100),
		between("max_attempts", s.MaxAttempts, 1, 1000), between("max_losses", s.MaxLosses, 1, 1000),
		between("run_limit_seconds", s.RunLimitSeconds, 0, maxSeconds), between("silent_limit_seconds", s.SilentLimitSeconds, 0, maxSeconds),
		count("depends_on", len(s.DependsOn), maxDependencies), count("labels", len(s.Labels), maxListed),
		count("excluded_nodes", len(s.ExcludedNodes), maxListed), s.Resources.validate())
}

func (r Resources) validate() error {
	if !(r.CPU >= 0 && r.CPU <= 1<<20) { // also not a number
		return fmt.Errorf("cpu is %v: give a number of cores: %w", r.CPU, ErrInvalid)
	}
	return firstError(between("mem_mb", r.MemMB, 0, 1<<40), between("gpu", r.GPU, 0, 1<<20), between("vram_mb", r.VRAMMB, 0, 1<<40),
		between("disk_mb", r.DiskMB, 0, 1<<50))
}
