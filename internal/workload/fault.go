package workload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is a fault that a test asks a workload to show. Those without a note are shown by every command.
type Fault string

// The faults. FaultExit is followed by a code: exit:21.
const (
	FaultExit            Fault = "exit:"            // ends at once with the code, without result
	FaultHang            Fault = "hang"             // never ends; beats, but makes no progress; obeys TERM
	FaultSilent          Fault = "silent"           // never ends and says nothing; obeys TERM
	FaultIgnoreTerm      Fault = "ignore-term"      // never ends, beats, and ignores TERM
	FaultOutOfMemory     Fault = "oom"              // allocates and touches memory without end
	FaultNoise           Fault = "noise"            // writes 150 lines that are not JSON, then works as usual
	FaultLongLine        Fault = "long-line"        // writes a line above the limit, then works as usual
	FaultNaN             Fault = "nan"              // train only: a loss that is not finite, so exit code 41
	FaultNoResult        Fault = "no-result"        // works, then ends with 0 without result
	FaultBadResult       Fault = "bad-result"       // its result is not JSON
	FaultForeignResult   Fault = "foreign-result"   // its result names another job
	FaultWrongHash       Fault = "wrong-hash"       // its first output has another hash than the result says
	FaultTruncatedOutput Fault = "truncated-output" // its first output is cut in half after it was hashed
	FaultMissingOutput   Fault = "missing-output"   // its first output is removed
	FaultEscape          Fault = "escape"           // its result names a file outside the output folder
	FaultOrphan          Fault = "orphan"           // leaves a process behind that has left its group
)

// Faults returns every fault but FaultExit, which takes a code.
func Faults() []Fault {
	return []Fault{FaultHang, FaultSilent, FaultIgnoreTerm, FaultOutOfMemory, FaultNoise, FaultLongLine, FaultNaN, FaultNoResult,
		FaultBadResult, FaultForeignResult, FaultWrongHash, FaultTruncatedOutput, FaultMissingOutput, FaultEscape, FaultOrphan}
}

// ExitFault is the fault that ends a command at once with the code.
func ExitFault(code ExitCode) Fault { return FaultExit + Fault(strconv.Itoa(int(code))) }

// ExitCode returns the code of exit:<code>, and whether this is that fault.
func (f Fault) ExitCode() (ExitCode, bool) {
	digits, found := strings.CutPrefix(string(f), string(FaultExit))
	code, err := strconv.ParseUint(digits, 10, 8)
	return ExitCode(code), found && err == nil
}

// Check refuses a fault that the contract does not have; no fault is fine.
func (f Fault) Check() error {
	if _, exit := f.ExitCode(); f == "" || exit || slices.Contains(Faults(), f) {
		return nil
	}
	return fmt.Errorf("fault = %q: use exit:<0-255> or one of %v", string(f), Faults())
}
