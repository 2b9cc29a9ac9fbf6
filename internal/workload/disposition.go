package workload

import (
	"fmt"
	"time"
)

// Action is what the orchestrator does after an attempt.
type Action string

// The actions.
const (
	ActionComplete       Action = "complete"         // register the outputs
	ActionCompletePart   Action = "complete_partial" // register them: at least AcceptShare of the work is done
	ActionFail           Action = "fail"             // for ever, with an alert
	ActionRebuildInput   Action = "rebuild_input"    // fail, quarantine the input, ask its owner for another
	ActionWait           Action = "wait"             // back to waiting for its precondition
	ActionRetry          Action = "retry"            // with back-off, on another node if there is one
	ActionRetryHalved    Action = "retry_halved"     // with half the batch or parallelism, at least 1
	ActionRetryElsewhere Action = "retry_elsewhere"  // on another node; this one has a fault
	ActionRetryRemainder Action = "retry_remainder"  // only what is still to do
	ActionRequeue        Action = "requeue"          // as it was, from its last checkpoint
	ActionDrop           Action = "drop"             // cancelled by its owner: nothing more to do
	ActionRetune         Action = "retune"           // no blind retry: the plan lowers the learning rate, new seed
)

// AcceptShare is the share of the work from which a partial result is accepted.
const AcceptShare = 0.8

// Bounds of the back-off between retries of a transient failure.
const (
	RetryBackoffMin = 5 * time.Second
	RetryBackoffMax = 300 * time.Second
)

// Cause is why an attempt ended, as far as the orchestrator brought it about.
type Cause string

// The causes.
const (
	CauseEnded     Cause = "ended"     // by itself
	CauseCancelled Cause = "cancelled" // its owner does not want it any more
	CausePreempted Cause = "preempted" // its place was needed, or the node drains
	CauseDeadline  Cause = "deadline"  // told to end at its deadline
	CauseStuck     Cause = "stuck"     // ended because it was silent, or made no progress, for too long
	CauseMemory    Cause = "memory"    // ended because it went over its memory limit, or by the kernel for want of memory
	CauseProcesses Cause = "processes" // ended because it had too many processes
	CauseLost      Cause = "lost"      // the worker or the shim above it is gone
)

// Ending is what is known of an attempt that is over.
type Ending struct {
	Cause Cause
	// Code counts if Signal is 0.
	Code   ExitCode
	Signal int
	// Violation is the breach of the contract that was found, nil if none.
	Violation *Violation
	// Done is the share of the work in a partial result, 0 to 1.
	Done float64
}

// Decision is what the orchestrator does after an attempt, and why.
type Decision struct {
	Action Action
	// Burns says that the attempt counts against the job's retries.
	Burns bool
	// Class groups failures: two nodes that fail a job with the same permanent class fail it for ever.
	Class string
	// NodeFault says that the node needs attention before it takes more jobs: its disk is full.
	NodeFault bool
	Reason    string
}

// Classes of endings that say more than that an attempt has failed.
const (
	ClassPrecondition = "precondition" // it has found nothing to do
	ClassBadInput     = "bad_input"    // it calls an input bad
	ClassInternal     = "internal"     // the command is broken, or an input breaks it
	ClassProtocol     = "protocol"     // it has broken the contract
	ClassKilled       = "killed"       // by signal 9, from whom and why is unknown
)

// Decide is the table of exit codes (specs/03 F.4) as a function.
func Decide(e Ending) Decision {
	finished := e.Code == ExitDone && e.Signal == 0 && e.Violation == nil
	switch {
	case e.Cause == CauseCancelled:
		return Decision{ActionDrop, false, "cancelled", false, "cancelled by its owner"}
	case finished && e.Cause != CauseLost:
		return Decision{ActionComplete, false, "", false, e.Code.Meaning()}
	case e.Cause == CauseLost:
		return Decision{ActionRequeue, false, "lost", false, "the process that watched it is gone"}
	case e.Cause == CauseMemory:
		return Decision{ActionRetryHalved, true, "out_of_memory", false, "over its memory limit, or ended by the kernel for want of memory"}
	case e.Cause == CauseProcesses:
		return Decision{ActionRetryElsewhere, true, "processes", false, "more processes than it may have"}
	case e.Cause == CauseStuck:
		return Decision{ActionRetryElsewhere, true, "stuck", false, "silent or without progress for too long"}
	case e.Signal != 0 && e.Cause == CauseEnded:
		return decideSignal(e.Signal)
	case e.Violation != nil:
		return Decision{ActionFail, true, ClassProtocol, false, e.Violation.Error()}
	case e.Signal != 0:
		return decideKilled(e)
	case e.Cause == CauseDeadline && e.Code == ExitCancelled:
		return Decision{ActionRetryElsewhere, true, "deadline", false, "ended at its deadline with nothing to hand over"}
	}
	return decideCode(e)
}

// decideSignal judges an end by a signal that did not come from the orchestrator. A KILL of which nobody knows who sent it
// is no lack of memory: that has evidence, and comes as CauseMemory.
func decideSignal(signal int) Decision {
	const kill = 9
	if signal == kill {
		return Decision{ActionRetryElsewhere, true, ClassKilled, false, "killed by signal 9, cause unknown"}
	}
	return Decision{ActionRetryElsewhere, true, ClassInternal, false, fmt.Sprintf("ended by signal %d", signal)}
}

// decideKilled judges a command that had to be killed because it did not end when told to.
func decideKilled(e Ending) Decision {
	if e.Cause == CausePreempted {
		return Decision{ActionRequeue, false, "preempted", false, "killed after its grace; goes on from its last checkpoint"}
	}
	return Decision{ActionRetryElsewhere, true, "deadline", false, "killed after its grace at the deadline"}
}

func decideCode(e Ending) Decision {
	reason := e.Code.Meaning()
	switch e.Code {
	case ExitBadRequest:
		return Decision{ActionFail, true, "bad_request", false, reason}
	case ExitBadInput:
		return Decision{ActionRebuildInput, true, ClassBadInput, false, reason}
	case ExitPrecondition:
		return Decision{ActionWait, false, ClassPrecondition, false, reason}
	case ExitTransient:
		return Decision{ActionRetry, true, "transient", false, reason}
	case ExitOutOfMemory:
		return Decision{ActionRetryHalved, true, "out_of_memory", false, reason}
	case ExitDiskFull:
		return Decision{ActionRetryElsewhere, true, "disk_full", true, reason}
	case ExitCancelled:
		return Decision{ActionRequeue, false, "preempted", false, reason}
	case ExitDeadline:
		return decidePartial(e.Done)
	case ExitDiverged:
		return Decision{ActionRetune, true, "diverged", false, reason}
	}
	return Decision{ActionRetryElsewhere, true, ClassInternal, false, reason}
}

func decidePartial(done float64) Decision {
	reason := fmt.Sprintf("%.0f %% of the work was done at the deadline", done*100)
	if done >= AcceptShare {
		return Decision{ActionCompletePart, false, "", false, reason}
	}
	return Decision{ActionRetryRemainder, true, "deadline", false, reason}
}
