package workload

import "fmt"

// ExitCode is the code with which a command ends.
type ExitCode int

// The exit codes of the contract.
const (
	ExitDone         ExitCode = 0
	ExitBadRequest   ExitCode = 10
	ExitBadInput     ExitCode = 11
	ExitPrecondition ExitCode = 12
	ExitTransient    ExitCode = 20
	ExitOutOfMemory  ExitCode = 21
	ExitDiskFull     ExitCode = 22
	ExitCancelled    ExitCode = 30
	ExitDeadline     ExitCode = 31
	ExitInternal     ExitCode = 40
	ExitDiverged     ExitCode = 41
)

// ExitCodes returns every code of the contract.
func ExitCodes() []ExitCode {
	return []ExitCode{ExitDone, ExitBadRequest, ExitBadInput, ExitPrecondition, ExitTransient, ExitOutOfMemory, ExitDiskFull,
		ExitCancelled, ExitDeadline, ExitInternal, ExitDiverged}
}

// Meaning is the code in words.
func (c ExitCode) Meaning() string {
	switch c {
	case ExitDone:
		return "done"
	case ExitBadRequest:
		return "bad request or unsupported parameter"
	case ExitBadInput:
		return "input missing, corrupt or incompatible"
	case ExitPrecondition:
		return "precondition unmet: too little data"
	case ExitTransient:
		return "transient: lock, network or busy device"
	case ExitOutOfMemory:
		return "out of memory"
	case ExitDiskFull:
		return "disk full"
	case ExitCancelled:
		return "cancelled cleanly, checkpoint written"
	case ExitDeadline:
		return "deadline reached, partial result valid"
	case ExitInternal:
		return "internal error"
	case ExitDiverged:
		return "numerically diverged"
	}
	return "outside the contract, taken as an internal error"
}

func (c ExitCode) String() string { return fmt.Sprintf("exit code %d (%s)", int(c), c.Meaning()) }
