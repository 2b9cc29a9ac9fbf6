package daemonfile

import (
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// stopMargin is what stopping may take beyond the time that the program is given, until it is abandoned.
const stopMargin = 10 * time.Second

// row makes the row of an entry that adopts none.
func (d *declared) row(edges []spec.Type) spec.Daemon {
	row := spec.Daemon{
		Type: d.daemonType(), Category: spec.Category(d.Category), DependsOn: edges, Critical: d.Critical,
		Scope: spec.Scope(d.Scope), HealthCheckInterval: d.Health,
		AutoRestart: d.Restart.Policy != "no", MaxRestarts: d.Restart.MaxRestarts,
		RestartPause: d.Restart.FirstDelay, MaxRestartPause: d.Restart.MaxDelay,
		StabilityWindow: d.Restart.Window, ProbeInterval: d.Restart.RetryEvery,
		StartupPosition: -1,
	}
	for _, role := range d.Roles {
		row.Roles = append(row.Roles, spec.Role(role))
	}
	return row
}

// complete adds what every command daemon has, whoever's row it is.
func (d *declared) complete(row spec.Daemon) spec.Daemon {
	row.Runner, row.Status = "command", spec.StatusAvailable
	row.StartupGrace, row.ReadyTimeout, row.StopTimeout = d.StartupGrace, d.ReadyWithin, d.Stop.Timeout+stopMargin
	row.Program = d.program(row.AutoRestart)
	row = row.WithDefaults()
	// With the least interval that is still long enough for the shim of a frozen worker to end the program before.
	row.HeartbeatTimeout = min(row.HeartbeatTimeout, 2*row.EffectiveHealthCheckInterval())
	return row
}

func (d *declared) program(autoRestart bool) *spec.Program {
	always := d.Restart.Policy == "always" && autoRestart
	return &spec.Program{
		Name: d.name, Description: d.Description, Kind: spec.ProgramKind(d.Kind),
		Command: d.Command, Directory: d.Directory, Environment: d.Environment, EnvironmentFiles: d.EnvironmentFiles, User: d.User,
		Readiness: d.Readiness.probe(), Liveness: d.Liveness.probe(),
		StopSignal: d.Stop.Signal, StopGrace: d.Stop.Timeout, SuccessCodes: d.SuccessCodes, RestartOnSuccess: always,
		Schedule: d.Schedule, TimeZone: d.zone(), CatchUp: d.CatchUp, RunTimeout: d.RunTimeout,
		MemoryLimit: int64(d.Limits.Memory), ProcessLimit: d.Limits.Processes, Processors: d.Limits.Processors, Nice: d.Limits.Nice,
		LogLimit: int64(d.Log.Size), LogKeep: d.Log.Keep,
	}
}

// zone is the time zone of a schedule; without one there is none.
func (d *declared) zone() string {
	if d.Schedule == "" {
		return ""
	}
	return d.TimeZone
}

func (q *question) probe() *spec.Probe {
	return &spec.Probe{
		Exec: q.Exec, HTTP: q.HTTP, TCP: q.TCP, Delay: q.Delay, Interval: q.Interval, Timeout: q.Timeout, Success: q.Success,
	}
}

func (l *liveness) probe() *spec.Probe {
	if l == nil {
		return nil
	}
	probe := l.question.probe()
	probe.Failure = l.Failure
	return probe
}

func (r *readiness) probe() *spec.Probe {
	switch {
	case r == nil:
		return nil
	case r.Log != "":
		return &spec.Probe{Log: r.Log}
	case r.Descriptor != 0:
		return &spec.Probe{Descriptor: r.Descriptor}
	}
	return r.question.probe()
}
