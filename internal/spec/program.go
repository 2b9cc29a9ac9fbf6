package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Program is what a command daemon runs. Its Name and Description are only shown; all else is how it runs. A row that has one needs no code of its own: every worker can run it. It
// travels as workflow input, so it holds references to secrets (${env:NAME}, ${file:PATH}), never secrets.
type Program struct {
	// Name is the entry's name as the operator wrote it; the row's type is the same in UPPER_SNAKE, or the type of
	// the planned row that the entry adopts.
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Kind        ProgramKind `json:"kind"`

	// Command is the program and its arguments.
	Command []string `json:"command"`
	// Directory is the working directory, an absolute path on the node that runs it.
	Directory string `json:"directory"`
	// Environment is added to what the worker passes on (see PassedOn); values may hold references.
	Environment map[string]string `json:"environment,omitempty"`
	// EnvironmentFiles hold KEY=value lines, read on the node at each start; Environment wins, a later file over an earlier one.
	EnvironmentFiles []string `json:"environment_files,omitempty"`
	// User runs it as somebody else, which only root can do; empty means as the worker.
	User string `json:"user,omitempty"`

	// Readiness says when a service is ready; nil means as soon as it runs. A one-shot is ready when it has succeeded.
	Readiness *Probe `json:"readiness,omitempty"`
	// Liveness is asked again and again once the service is ready; nil means that a running process is alive.
	Liveness *Probe `json:"liveness,omitempty"`

	StopSignal string `json:"stop_signal"`
	// StopGrace is how long its processes may take to end before they are killed.
	StopGrace time.Duration `json:"stop_grace_ns"`
	// SuccessCodes are the exit codes that count as success.
	SuccessCodes []int `json:"success_codes"`
	// RestartOnSuccess starts a service again that has ended with success; otherwise it is COMPLETED then.
	RestartOnSuccess bool `json:"restart_on_success,omitempty"`

	// Schedule is when a scheduled program runs, as a line of cron with five fields, or @hourly and the like.
	Schedule string `json:"schedule,omitempty"`
	// TimeZone is the IANA name of the zone that the schedule is meant in; empty means UTC.
	TimeZone string `json:"time_zone,omitempty"`
	// CatchUp runs a scheduled program once, at its start, if at least one run was missed.
	CatchUp bool `json:"catch_up,omitempty"`
	// RunTimeout ends a run of a one-shot or scheduled program that takes longer; 0 means that it may take for ever.
	RunTimeout time.Duration `json:"run_timeout_ns,omitempty"`

	// MemoryLimit is in bytes, of all its processes; 0 means none.
	MemoryLimit int64 `json:"memory_limit_bytes,omitempty"`
	// ProcessLimit is how many processes it may have at a time; 0 means no limit.
	ProcessLimit int `json:"process_limit,omitempty"`
	// Processors binds it to so many processors; 0 means all.
	Processors int `json:"processors,omitempty"`
	// Nice is added to the worker's priority: 0 to 19.
	Nice int `json:"nice,omitempty"`

	// LogLimit is the size of one log file in bytes, LogKeep how many there are.
	LogLimit int64 `json:"log_limit_bytes"`
	LogKeep  int   `json:"log_keep"`
}

// ProgramKind says how long a program runs.
type ProgramKind string

const (
	// ProgramService runs until it is stopped.
	ProgramService ProgramKind = "service"
	// ProgramOneShot runs to its end, once each time the fleet comes up, and is COMPLETED then.
	ProgramOneShot ProgramKind = "one_shot"
	// ProgramScheduled waits, ready, and runs at the times of its schedule, never twice at once.
	ProgramScheduled ProgramKind = "scheduled"
)

// Probe is one way to ask a program how it is. Exactly one of Exec, HTTP, TCP, Log and Descriptor is set; the last two
// tell of readiness only and are no questions: they wait for what the program says.
type Probe struct {
	// Exec is a command that ends with 0 if all is well, run in the program's directory and environment.
	Exec []string `json:"exec,omitempty"`
	// HTTP is a URL that answers 200 to 399 if all is well.
	HTTP string `json:"http,omitempty"`
	// TCP is an address, host:port, that takes connections if all is well.
	TCP string `json:"tcp,omitempty"`
	// Log is a regular expression (RE2) that a line of its output matches once it is ready.
	Log string `json:"log,omitempty"`
	// Descriptor is the number of a file descriptor, 3 or more, on which it writes a line once it is ready (as with s6).
	Descriptor int `json:"descriptor,omitempty"`

	// Delay is the wait before the first question.
	Delay time.Duration `json:"delay_ns,omitempty"`
	// Interval is the pause between two questions, Timeout how long an answer may take.
	Interval time.Duration `json:"interval_ns,omitempty"`
	Timeout  time.Duration `json:"timeout_ns,omitempty"`
	// Success and Failure are how many answers of one kind in a row change the verdict; before a program is ready only
	// Success counts.
	Success int `json:"success_threshold,omitempty"`
	Failure int `json:"failure_threshold,omitempty"`
}

// PassedOn lists the variables of the worker's environment that a program gets.
func PassedOn() []string {
	return []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"}
}

// Digest tells two programs apart that are not the same; it is empty for nil.
func (p *Program) Digest() string {
	if p == nil {
		return ""
	}
	return digest(p)
}

// RunDigest tells two programs apart that do not run alike, whatever is shown of them; it is empty for nil.
func (p *Program) RunDigest() string { return p.unshown().Digest() }

// unshown is the program without what is only shown of it.
func (p *Program) unshown() *Program {
	if p == nil {
		return nil
	}
	same := *p
	same.Name, same.Description = "", ""
	return &same
}

// Digest tells two rows apart that are not the same.
func (d Daemon) Digest() string { return digest(d) }

// RunDigest tells two rows apart by which daemons do not run alike.
func (d Daemon) RunDigest() string {
	d.Program = d.Program.unshown()
	return digest(d)
}

// digest is of a value's JSON, which fields that a later version adds do not change as long as they are empty.
func digest(value any) string {
	text, err := json.Marshal(value) //workflowcheck:ignore (it sorts the keys of maps)
	if err != nil {
		return "" // rows have nothing that JSON cannot hold
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func (p *Program) clone() *Program {
	if p == nil {
		return nil
	}
	same := *p
	same.Command, same.EnvironmentFiles, same.SuccessCodes = slices.Clone(p.Command), slices.Clone(p.EnvironmentFiles), slices.Clone(p.SuccessCodes)
	same.Environment = maps.Clone(p.Environment)
	same.Readiness, same.Liveness = p.Readiness.clone(), p.Liveness.clone()
	return &same
}

func (p *Probe) clone() *Probe {
	if p == nil {
		return nil
	}
	same := *p
	same.Exec = slices.Clone(p.Exec)
	return &same
}
