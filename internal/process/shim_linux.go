package process

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// ShimMain is the shim's process from start to exit and returns its exit code. Only a worker can use it: it
// is told what to run through the socket that it inherits.
func ShimMain() int {
	if err := unix.CloseRange(controlDescriptor, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC); err != nil && !errors.Is(err, unix.ENOSYS) {
		fmt.Fprintln(os.Stderr, "shim: keep descriptors from the command:", err)
		return 1
	}
	for descriptor := controlDescriptor; descriptor <= linesDescriptor; descriptor++ {
		unix.CloseOnExec(descriptor) // where the kernel is too old for the range
	}
	if err := unix.SetNonblock(controlDescriptor, true); err != nil {
		fmt.Fprintln(os.Stderr, "shim: only a worker starts it: no socket to the worker:", err)
		return 2
	}
	control := os.NewFile(controlDescriptor, "control")
	if err := serve(control); err != nil {
		fmt.Fprintln(os.Stderr, "shim:", err)
		return 1
	}
	return 0
}

// serve reads the order, runs the command to its end and reports it.
func serve(control *os.File) error {
	orders := newReceiver(control)
	var first order
	if err := orders.next(&first); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	if first.Start == nil || first.Start.Version != protocolVersion {
		return send(control, report{Fault: fmt.Sprintf("the shim speaks version %d of the protocol, the worker another one", protocolVersion)})
	}
	// Children that end before anybody waits for them must not be missed, nor may a stray signal of the
	// terminal or of an init system end the shim before its command.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, unix.SIGCHLD, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return send(control, report{Fault: "become the reaper of orphans: " + err.Error()})
	}
	s, err := start(*first.Start)
	if err != nil {
		return send(control, report{Fault: err.Error()})
	}
	return s.serve(control, orders, signals)
}
