package process

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"echo fine; sleep 0":            "",
		"echo hunter2 is wrong; exit 3": `/bin/sh: exit status 3: "*** is wrong"`,
		"kill -TERM $$":                 "/bin/sh: signal: terminated",
		"yes | head -c 100000; exit 1":  `/bin/sh: exit status 1: "`,
	} {
		command := shell(t, script)
		command.Secrets = []string{"hunter2"}
		err := Ask(t.Context(), command)
		if want == "" {
			require.NoError(t, err, script)
			continue
		}
		require.ErrorContains(t, err, want, script)
		require.Less(t, len(err.Error()), 500)
	}
	command := shell(t, "")
	command.Args = []string{"/no/such"}
	require.EqualError(t, Ask(t.Context(), command), "program /no/such: no such file")
}

func TestAskLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		limit  time.Duration
	}{
		"that ends":            {"sleep TOKEN & echo answer", patience},
		"that hangs":           {"setsid sleep TOKEN & sleep TOKEN & sleep TOKEN", 100 * time.Millisecond},
		"that ignores signals": {"trap '' TERM HUP INT; sleep TOKEN & (setsid sleep TOKEN &) ; while :; do sleep TOKEN; done", 100 * time.Millisecond},
	} {
		word := token()
		ctx, cancel := context.WithTimeout(t.Context(), test.limit)
		defer cancel()
		err := Ask(ctx, shell(t, strings.ReplaceAll(test.script, "TOKEN", word)))
		require.Equal(t, test.limit == patience, err == nil, "%s: %v", name, err)
		require.Empty(t, running(word), name)
	}
}
