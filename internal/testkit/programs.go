package testkit

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// script is a service that writes the journal as test daemons do, says a line when it is ready, and ends when it is
// told to. It starts no other process.
const script = `note() {
	local now=$EPOCHREALTIME at
	TZ=UTC printf -v at '%%(%%FT%%T)T' "${now%%.*}"
	printf '{"act":"%%s","id":"daemon/%%s","pid":%%d,"at":"%%s.%%sZ"}\n' "$1" "$NAME" $$ "$at" "${now#*.}" >>"$JOURNAL"
}
note init
exec {idle}<>"$IDLE"
trap 'note end; exit 0' TERM
%s
note ready
echo ready
while :; do read -u $idle; done
`

// AsPrograms makes every row of a fleet a real process, which takes a time to warm up. Call it before any node is
// started; the rows run once in the cluster.
func (f *Fleet) AsPrograms(t testing.TB, warmUp time.Duration) {
	t.Helper()
	idle := filepath.Join(f.dir, "idle")
	require.NoError(t, syscall.Mkfifo(idle, 0o600))
	warming := ":"
	if warmUp > 0 {
		warming = fmt.Sprintf("read -t %.3f -u $idle", warmUp.Seconds())
	}
	for i, row := range f.Rows {
		require.Equal(t, spec.ScopeCluster, row.Scope, "%s", row.Type)
		f.Rows[i].Program = &spec.Program{
			Name: string(row.Type), Kind: spec.ProgramService, RestartOnSuccess: true, SuccessCodes: []int{0},
			Command: []string{"bash", "-c", fmt.Sprintf(script, warming)}, Directory: f.dir,
			Environment: map[string]string{"NAME": string(row.Type), "JOURNAL": f.path, "IDLE": idle},
			Readiness:   &spec.Probe{Log: "^ready$"},
			StopSignal:  "SIGTERM", StopGrace: 10 * time.Second, LogLimit: 1 << 20, LogKeep: 2,
		}
	}
}

// KillProgram kills the process of a daemon and notes it.
func (f *Fleet) KillProgram(t testing.TB, daemon spec.Type) {
	t.Helper()
	copies := f.Entries(t).Live()[spec.WorkflowID(daemon, "")]
	require.Len(t, copies, 1, "%s", daemon)
	require.NoError(t, f.journal.Append(Entry{Act: ActKilled, PID: copies[0].PID, Text: string(daemon)}))
	require.NoError(t, syscall.Kill(copies[0].PID, syscall.SIGKILL))
}
