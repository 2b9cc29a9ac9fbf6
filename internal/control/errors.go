package control

import (
	"fmt"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// NoServerError says that Temporal does not answer, or stopped answering in the middle of a call.
type NoServerError struct {
	Address string
	// Act is what was being done when the server went away; empty when it was never reached.
	Act string
	// Running is the server, host:port, of the installation that runs in the caller's data folder, if that is another one.
	Running string
	Err     error
}

func (e *NoServerError) Error() string {
	if e.Act == "" && e.Running != "" {
		return fmt.Sprintf("Temporal at %s does not answer (%s): what runs in DATA_DIR was started with TEMPORAL_ADDRESS=%s, so set that, or nothing",
			e.Address, e.reason(), e.Running)
	}
	if e.Act == "" {
		return fmt.Sprintf("Temporal at %s does not answer (%s): start it with `make up`, or set TEMPORAL_ADDRESS", e.Address, e.reason())
	}
	return fmt.Sprintf("Temporal at %s went away during %s: what was asked may or may not be done; look with `starter status` once it is back",
		e.Address, e.Act)
}

func (e *NoServerError) Unwrap() error { return e.Err }

// reason is the part of a connection error that is news: gRPC wraps it several times as text.
func (e *NoServerError) reason() string {
	text := e.Err.Error()
	if _, description, found := strings.Cut(text, "desc = "); found {
		text = strings.Trim(description, `"`)
	}
	return strings.TrimPrefix(text, "transport: Error while dialing: ")
}

// NoNamespaceError says that the server does not know the namespace.
type NoNamespaceError struct{ Address, Namespace string }

func (e *NoNamespaceError) Error() string {
	return fmt.Sprintf("Temporal at %s has no namespace %q: set TEMPORAL_NAMESPACE, or create it with `temporal operator namespace create`",
		e.Address, e.Namespace)
}

// NotUpError says that no supervisor runs in the namespace.
type NotUpError struct{ Namespace string }

func (e *NotUpError) Error() string {
	return fmt.Sprintf("the fleet of namespace %q is not up: run `starter up`", e.Namespace)
}

// NoWorkerError says that nobody who could answer did so in time.
type NoWorkerError struct {
	Act  string
	Wait time.Duration
}

func (e *NoWorkerError) Error() string {
	return fmt.Sprintf("no worker answered %s within %s: start one with `make up` or bin/worker, and look at its log",
		e.Act, e.Wait)
}

// RefusedError says that a command was understood and turned down.
type RefusedError struct {
	Act    string
	Reason string
}

func (e *RefusedError) Error() string { return fmt.Sprintf("%s refused: %s", e.Act, e.Reason) }

// UnknownDaemonError says that the fleet runs no such daemon.
type UnknownDaemonError struct{ Target Target }

func (e *UnknownDaemonError) Error() string {
	if e.Target.Node != "" {
		return fmt.Sprintf("no copy of %s is on node %q: `starter status` lists the copies, `starter nodes` the nodes", e.Target.Type, e.Target.Node)
	}
	return fmt.Sprintf("daemon %s is not part of the fleet that is up: `starter status` lists what is, `starter up --only %s` adds it",
		e.Target, e.Target.Type)
}

// NotReadyError says which daemons a wait was still missing when it ended.
type NotReadyError struct {
	Pending []spec.Info
	// Hopeless is set when the wait ended early because nothing pending will change by itself.
	Hopeless bool
}

func (e *NotReadyError) Error() string {
	var rows []string
	for _, info := range e.Pending {
		rows = append(rows, describe(info))
	}
	if len(rows) == 0 {
		return "not known to be ready in time: the fleet did not answer"
	}
	when := "in time"
	if e.Hopeless {
		when = "and will not be without help"
	}
	return fmt.Sprintf("not ready %s: %s; `starter explain TYPE` says why", when, strings.Join(rows, ", "))
}

func describe(info spec.Info) string {
	text := fmt.Sprintf("%s %s", TargetOf(info), info.Phase)
	if len(info.BlockedOn) == 0 {
		return text
	}
	var names []string
	for _, name := range info.BlockedOn {
		names = append(names, string(name))
	}
	return text + " on " + strings.Join(names, " ")
}
