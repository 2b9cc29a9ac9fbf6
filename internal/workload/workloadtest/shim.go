package workloadtest

import (
	"os"
	"syscall"

	"github.com/ringrift/orchestrator/internal/process"
)

// ActAsShim does what a process that was started as a shim has to do and ends it; in any other process it returns. TestMain
// calls it before anything else.
func ActAsShim() {
	if len(os.Args) > 1 && os.Args[1] == process.ShimArgument {
		Exit(process.ShimMain())
	}
}

// Exit ends a process that a test has started. Unlike os.Exit it does not wait a second for races in a binary that looks
// for them: those in the processes that live as long as a test are told by then.
func Exit(code int) { syscall.Exit(code) }
