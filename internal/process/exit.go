package process

import (
	"fmt"
	"strings"
	"syscall"
	"time"
)

// Cause is why a command ended.
type Cause string

const (
	CauseExited       Cause = "exited"             // by itself, see Code
	CauseSignalled    Cause = "signalled"          // by a signal that was not ours, see Signal
	CauseOutOfMemory  Cause = "out_of_memory"      // over Limits.Memory, or killed by the kernel for want of memory
	CauseProcessLimit Cause = "too_many_processes" // over Limits.Processes
	CauseStopped      Cause = "stopped"            // Stop was called, Start's context ended, or the shim got SIGTERM
	CauseWorkerGone   Cause = "worker_gone"        // its worker was gone or silent for too long
	CauseShimLost     Cause = "shim_lost"          // the shim was killed or did not answer; the rest was swept
)

// Killer is who sent the KILL that ended the main process.
type Killer string

const (
	KillerNone    Killer = ""        // no KILL
	KillerShim    Killer = "shim"    // we, after the grace or for a limit
	KillerKernel  Killer = "kernel"  // out of memory, as its counters tell
	KillerUnknown Killer = "unknown" // somebody else, or nobody can tell
)

// Exit is how a command ended. When it is told, no descendant is left, except as Detail says.
type Exit struct {
	Cause Cause `json:"cause"`
	// Code is the main process's exit code; -1 if a signal ended it or nobody saw it end.
	Code int `json:"code"`
	// Signal is what ended the main process; 0 if none did or nobody saw it.
	Signal syscall.Signal `json:"signal,omitempty"`
	// Killer is set if Signal is SIGKILL.
	Killer Killer `json:"killer,omitempty"`
	// Detail is a sentence with the figures behind the cause; may be empty.
	Detail string `json:"detail,omitempty"`
	// Stragglers is how many processes still ran when the main process had ended by itself.
	Stragglers int `json:"stragglers,omitempty"`
	// Forced says that some process outlived its grace and was killed.
	Forced bool `json:"forced,omitempty"`
	// LogFault says why output is missing in the log; empty if none is.
	LogFault string `json:"log_fault,omitempty"`

	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// Usage is nil if nobody saw the processes end.
	Usage *Usage `json:"usage,omitempty"`
}

// Usage is what a command and its descendants have used.
type Usage struct {
	User   time.Duration `json:"user_ns"`
	System time.Duration `json:"system_ns"`
	// LargestProcess is the highest resident size, in bytes, that a single process had.
	LargestProcess int64 `json:"largest_process_bytes"`
}

// Success says that the main process exited by itself with code 0.
func (e Exit) Success() bool { return e.Cause == CauseExited && e.Code == 0 }

// String is a sentence such as "stopped after 3s: killed by SIGKILL (shim)".
func (e Exit) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s after %s", strings.ReplaceAll(string(e.Cause), "_", " "), e.Ended.Sub(e.Started).Round(time.Millisecond))
	if status := e.status(); status != "" {
		text.WriteString(": " + status)
	}
	if e.Detail != "" {
		text.WriteString("; " + e.Detail)
	}
	if e.Stragglers > 0 {
		fmt.Fprintf(&text, "; %d processes it had left behind were ended", e.Stragglers)
	}
	if e.LogFault != "" {
		text.WriteString("; log incomplete: " + e.LogFault)
	}
	return text.String()
}

func (e Exit) status() string {
	switch {
	case e.Signal != 0 && e.Killer != KillerNone:
		return fmt.Sprintf("killed by %s (%s)", signalName(e.Signal), e.Killer)
	case e.Signal != 0:
		return "killed by " + signalName(e.Signal)
	case e.Code >= 0:
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return ""
}
