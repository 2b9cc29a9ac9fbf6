package program_test

import (
	"os"
	"os/user"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/program"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	files := []string{
		r.write("first.env", "# settings\n\nexport A=of the first\nB='of the first'\nC=of the first\n"),
		r.write("second.env", "B=\"of the second\"\nC=of the second\n"),
	}
	secret := r.write("secret", "correct-horse\n")
	a := r.run(r.oneShot(`env | grep -v -e `+tokenVariable+` -e RINGRIFT -e ^PWD -e ^_ | sort`, func(row *spec.Daemon) {
		row.Program.EnvironmentFiles = files
		for name, value := range map[string]string{
			"C": "of the file", "ADDRESS": "x://${env:WORKERS_SECRET}@y", "PASSWORD": "${file:" + secret + "}", "SHORT": "${env:WORKERS_OWN}",
		} {
			row.Program.Environment[name] = value
		}
	}))
	require.Equal(t, host.ExitCompleted, a.awaitExit().Kind)
	require.Equal(t, `A=***
ADDRESS=x://***@y
B=***
C=of the file
HOME=/home/worker
PASSWORD=***
PATH=/usr/local/bin:/usr/bin:/bin
SHORT=yes
USER=worker
`, r.output(a))
	for _, file := range []string{r.logDir + "/" + string(r.kind) + ".log", program.OutputLog(r.logDir, a.id)} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, string(text), "hunter2", file)
		require.NotContains(t, string(text), "correct-horse", file)
	}
}

func TestProgramGetsTheSecretsThemselves(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	row := r.oneShot(`test "$WORD" = hunter2hunter2`, func(row *spec.Daemon) { row.Program.Environment["WORD"] = "${env:WORKERS_SECRET}" })
	require.Equal(t, host.ExitCompleted, r.run(row).awaitExit().Kind)
}

// Only root can do this; make test in CI is root.
func TestProgramAndProbesRunAsTheUser(t *testing.T) {
	t.Parallel()
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	r := newRig(t)
	if os.Geteuid() != 0 {
		a := r.run(r.service(sleeps, func(row *spec.Daemon) { row.Program.User = "nobody" }))
		require.Contains(t, a.failed(spec.CauseError), "only root can run it as somebody else")
		return
	}
	isNobody := `test "$(id -u) $HOME $USER $LOGNAME" = "` + nobody.Uid + " " + nobody.HomeDir + ` nobody nobody"`
	a := r.runReady(r.service(isNobody+" && "+sleeps, func(row *spec.Daemon) {
		row.Program.User, row.Program.Directory = "nobody", "/"
		row.Program.Readiness = exec(isNobody)
	}))
	a.stop()
}
