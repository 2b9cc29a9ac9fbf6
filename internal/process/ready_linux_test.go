package process

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommandSaysThatItIsReady(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		ready  Ready
		change func(*Command)
	}{
		"line of standard output":       {"echo starting; echo listening on port 80", Ready{Line: `on port \d+$`}, nil},
		"line of standard error":        {"echo starting; echo listening >&2", Ready{Line: "^listening$"}, nil},
		"line beside OnLine":            {"echo listening >&2", Ready{Line: "listening"}, func(c *Command) { c.OnLine = func(Line) {} }},
		"line without log":              {"echo listening", Ready{Line: "listening"}, func(c *Command) { c.Log = Log{} }},
		"line in pieces":                {"printf lis; sleep 0.1; echo tening", Ready{Line: "listening"}, nil},
		"line with timestamps":          {"echo listening", Ready{Line: "^listening"}, func(c *Command) { c.Log.Timestamps = true }},
		"line with a secret":            {"echo listening on localhost", Ready{Line: "on localhost$"}, func(c *Command) { c.Secrets = []string{"localhost"} }},
		"line after long ones":          {"head -c 100000 /dev/zero; echo; echo listening", Ready{Line: "listening"}, nil},
		"descriptor":                    {"echo >&3", Ready{Descriptor: 3}, nil},
		"descriptor with text around":   {"printf one >&7; printf 'two\nthree' >&7; sleep 0.2; echo four >&7", Ready{Descriptor: 7}, nil},
		"descriptor that is closed":     {"echo >&3; exec 3>&-", Ready{Descriptor: 3}, nil},
		"descriptor with a high number": {"echo > /proc/self/fd/64", Ready{Descriptor: 64}, nil},
		"nothing to say":                {":", Ready{}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			word := token()
			command := shell(t, c.script+"; exec sleep "+word)
			command.Ready = c.ready
			if c.change != nil {
				c.change(&command)
			}
			p := begin(t, command)
			awaitReady(t, p)
			awaitCount(t, word, 1, "it runs on")
		})
	}
}

func TestCommandThatIsNotReady(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		ready  Ready
	}{
		"another line":                   {"echo not listening", Ready{Line: "^listening"}},
		"a line that does not end":       {"printf listening", Ready{Line: "listening"}},
		"beyond what is looked at":       {"head -c 4096 /dev/zero; echo listening", Ready{Line: "listening"}},
		"a line that only OnLine sees":   {"echo listening", Ready{Line: "listening"}},
		"descriptor without newline":     {"printf text >&3", Ready{Descriptor: 3}},
		"descriptor that is only closed": {"exec 3>&-", Ready{Descriptor: 3}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := shell(t, c.script)
			command.Ready = c.ready
			if strings.Contains(name, "OnLine") {
				command.OnLine = func(Line) {}
			}
			p := begin(t, command)
			require.True(t, p.Wait().Success())
			select {
			case <-p.Ready():
				t.Fatal("it was ready")
			default:
			}
		})
	}
}

// TestReadyIsToldBeforeTheEnd is about a command that ends as soon as it has said that it is ready.
func TestReadyIsToldBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for _, ready := range []Ready{{Line: "ready"}, {Descriptor: 3}} {
		for range 20 {
			command := shell(t, "echo ready; [ ! -e /proc/self/fd/3 ] || echo >&3")
			command.Ready = ready
			p := begin(t, command)
			p.Wait()
			select {
			case <-p.Ready():
			default:
				t.Fatalf("%+v: it ended, and was not ready", ready)
			}
		}
	}
}

func TestReadyDescriptorIsTheOnlyOneMore(t *testing.T) {
	t.Parallel()
	command := shell(t, `ls /proc/self/fd; grep flags /proc/self/fdinfo/6`)
	command.Ready.Descriptor = 6
	begin(t, command).Wait()
	text := readLog(t, command)
	require.Regexp(t, `^0\n1\n2\n3\n6\n`, text, "3 is the folder that ls reads")
	require.Regexp(t, `flags:\t0?[01]+\n$`, text, "writing to it blocks, as programs expect")
}

func TestReadyLineDoesNotDependOnTheCut(t *testing.T) {
	t.Parallel()
	const text = "one\nready now\nthree\nready again\n"
	for first := range len(text) {
		for second := range len(text) - first {
			r, err := newReadiness(Ready{Line: "^ready now$"}, nil)
			require.NoError(t, err)
			for _, part := range []string{text[:first], text[first : first+second], text[first+second:]} {
				r.scan([]byte(part))
			}
			require.True(t, r.finish())
			require.Nil(t, r.pattern, "nothing more is looked for")
		}
	}
}
