package spec

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Bounds of the numbers in a row; past them a value is a typing error.
const (
	maxDuration           = 24 * time.Hour
	maxStabilityWindow    = 7 * 24 * time.Hour
	maxMaxRestarts        = 1000
	maxUnhealthyThreshold = 100
)

// validate finds every fault of the table: each row by itself, then the rows against each other.
func (r *Registry) validate() Faults {
	var faults Faults
	upperSnake := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	for i, row := range r.rows {
		if !upperSnake.MatchString(string(row.Type)) || len(row.Type) > maxName {
			faults.add(row.Type, "type", row.Type, "is no daemon type",
				fmt.Sprintf("use UPPER_SNAKE of at most %d characters", maxName))
		}
		if first := r.index[row.Type]; first != i {
			faults.add(row.Type, "type", row.Type, fmt.Sprintf("stands in rows %d and %d", first+1, i+1), "keep one of them")
		}
		faults.checkWords(row)
		faults.checkNumbers(row)
	}
	r.checkRunners(&faults)
	r.checkAliases(&faults)
	r.checkEdges(&faults)
	r.checkCycles(&faults)
	r.checkStartupOrder(&faults)
	return faults
}

// checkWords judges the fields of a row that hold one of a few words.
func (f *Faults) checkWords(d Daemon) {
	if d.Program == nil { // whose file may have words of its own
		checkWord(f, d, "category", d.Category, Categories())
	}
	checkWord(f, d, "scope", d.Scope, []Scope{ScopeCluster, ScopeNode})
	checkWord(f, d, "status", d.Status, []Status{StatusAvailable, StatusPlanned, StatusDeprecated})
	for i, role := range d.Roles {
		checkWord(f, d, "roles", role, []Role{RoleCoordinator, RoleTraining, RoleSelfplay, RoleStorage})
		if slices.Contains(d.Roles[:i], role) {
			f.add(d.Type, "roles", role, "is named twice", "keep one")
		}
	}
	if d.Deprecated != (d.Status == StatusDeprecated) {
		f.add(d.Type, "status", d.Status, fmt.Sprintf("contradicts deprecated %t", d.Deprecated),
			"an alias has both, any other row neither")
	}
}

func checkWord[T ~string](f *Faults, d Daemon, field string, word T, words []T) {
	if !slices.Contains(words, word) {
		f.add(d.Type, field, word, "is unknown", fmt.Sprintf("use one of %v", words))
	}
}

// checkNumbers judges the durations and counts of a row.
func (f *Faults) checkNumbers(d Daemon) {
	f.checkDuration(d, "health_check_interval", d.HealthCheckInterval, maxDuration)
	f.checkDuration(d, "heartbeat_timeout", d.HeartbeatTimeout, maxDuration)
	f.checkDuration(d, "startup_grace", d.StartupGrace, maxDuration)
	f.checkDuration(d, "ready_timeout", d.ReadyTimeout, maxDuration)
	f.checkDuration(d, "stop_timeout", d.StopTimeout, maxDuration)
	f.checkDuration(d, "probe_interval", d.ProbeInterval, maxDuration)
	f.checkDuration(d, "stability_window", d.StabilityWindow, maxStabilityWindow)
	if most := 2 * d.EffectiveHealthCheckInterval(); d.HeartbeatTimeout > most && most > 0 {
		f.add(d.Type, "heartbeat_timeout", d.HeartbeatTimeout, "is more than twice the effective health check interval",
			fmt.Sprintf("use at most %s", most))
	}
	first, longest := d.RestartCurve()
	f.checkDuration(d, "restart_pause", first, maxDuration)
	f.checkDuration(d, "max_restart_pause", longest, maxDuration)
	f.checkCount(d, "max_restarts", d.MaxRestarts, 0, maxMaxRestarts)
	f.checkCount(d, "unhealthy_threshold", d.UnhealthyThreshold, 1, maxUnhealthyThreshold)
	if d.StartupPosition < -1 {
		f.add(d.Type, "startup_position", d.StartupPosition, "is out of range", "use -1 for a row that is not in the startup order")
	}
}

func (f *Faults) checkDuration(d Daemon, field string, value, most time.Duration) {
	if value <= 0 || value > most {
		f.add(d.Type, field, value, "is out of range", fmt.Sprintf("use more than 0 and at most %s", most))
	}
}

func (f *Faults) checkCount(d Daemon, field string, value, least, most int) {
	if value < least || value > most {
		f.add(d.Type, field, value, "is out of range", fmt.Sprintf("use %d to %d", least, most))
	}
}

// checkRunners demands a runner of every row that has no program, and of every such row its own.
func (r *Registry) checkRunners(faults *Faults) {
	owner := make(map[string]Type, len(r.rows))
	for _, row := range r.rows {
		other, taken := owner[row.Runner]
		switch {
		case row.Program != nil: // every worker can run it
		case row.Runner == "":
			faults.add(row.Type, "runner", row.Runner, "is missing", "name the factory, as in create_auto_sync")
		case taken && other != row.Type:
			faults.add(row.Type, "runner", row.Runner, "is also the runner of "+string(other), "give each row its own")
		default:
			owner[row.Runner] = row.Type
		}
	}
}
