package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLogIsRotated(t *testing.T) {
	t.Parallel()
	command := shell(t, `i=0; while [ $i -lt 3000 ]; do echo "this is line $i"; i=$((i+1)); done`)
	command.Log.Limit, command.Log.Keep = 4<<10, 3
	begin(t, command).Wait()
	files, err := filepath.Glob(command.Log.Path + "*")
	require.NoError(t, err)
	require.Len(t, files, 3)
	var text string
	for _, name := range []string{".2", ".1", ""} {
		part, err := os.ReadFile(command.Log.Path + name)
		require.NoError(t, err)
		require.LessOrEqual(t, len(part), 4<<10)
		text += string(part)
	}
	var want strings.Builder
	for i := 3000 - strings.Count(text, "\n"); i < 3000; i++ {
		fmt.Fprintf(&want, "this is line %d\n", i)
	}
	require.Equal(t, want.String(), text, "without a gap")
}

func TestLogGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	command := shell(t, "echo again")
	command.Log.Keep = 1
	begin(t, command).Wait()
	begin(t, command).Wait()
	require.Equal(t, "again\nagain\n", readLog(t, command))
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	command := shell(t, "printf 'a'; sleep 0.05; printf 'b\\nc\\n'")
	command.Log.Timestamps = true
	begin(t, command).Wait()
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ab\n\d{4}\S+Z c\n$`, readLog(t, command))
}

// TestEveryRotatedFileBeginsWithATimestamp is about a command that writes a line now and then.
func TestEveryRotatedFileBeginsWithATimestamp(t *testing.T) {
	t.Parallel()
	log := Log{Path: filepath.Join(t.TempDir(), "test.log"), Limit: 4 << 10, Keep: 100, Timestamps: true}
	output, err := newOutput(log, nil, nil)
	require.NoError(t, err)
	for i := range 1000 {
		output.write(fmt.Appendf(nil, "this is line %d\n", i))
	}
	require.NoError(t, output.fault)
	files, err := filepath.Glob(log.Path + "*")
	require.NoError(t, err)
	require.Greater(t, len(files), 5)
	lines := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), 4<<10)
		for line := range strings.Lines(string(text)) {
			require.Regexp(t, `^\d{4}-\d\d-\d\dT\S+Z this is line \d+\n$`, line, file)
			lines++
		}
	}
	require.Equal(t, 1000, lines)
}

func TestNextRunBeginsALineOfItsOwn(t *testing.T) {
	t.Parallel()
	command := shell(t, "printf 'no end'")
	begin(t, command).Wait()
	begin(t, command).Wait()
	require.Equal(t, "no end\nno end", readLog(t, command))
}

func TestLogThatIsTakenAwayIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(path string) error{
		"removed":             os.Remove,
		"moved":               func(path string) error { return os.Rename(path, path+".old") },
		"removed with folder": func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := shell(t, "while :; do echo line; sleep 0.05; done")
			command.Log.Path = filepath.Join(t.TempDir(), "logs", "test.log")
			begin(t, command)
			grown := func() bool { info, err := os.Stat(command.Log.Path); return err == nil && info.Size() > 0 }
			require.Eventually(t, grown, patience, poll)
			require.NoError(t, take(command.Log.Path))
			require.Eventually(t, grown, patience, poll)
		})
	}
}

func TestLogRecoversFromARotationThatFailed(t *testing.T) {
	t.Parallel()
	log := Log{Path: filepath.Join(t.TempDir(), "test.log"), Limit: 10, Keep: 2}
	require.NoError(t, os.MkdirAll(filepath.Join(log.Path+".1", "in the way"), 0o755))
	file, err := openLog(log)
	require.NoError(t, err)
	_, err = file.Write([]byte("line one\n"))
	require.NoError(t, err)
	for range 3 {
		_, err = file.Write([]byte("line two\n"))
		require.ErrorContains(t, err, "rotate log")
	}
	require.NoError(t, os.RemoveAll(log.Path+".1"))
	_, err = file.Write([]byte("line 3\n"))
	require.NoError(t, err)
	for path, want := range map[string]string{log.Path + ".1": "line one\n", log.Path: "line 3\n"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}

func TestLogIsCutBetweenLinesWhereItCan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		room int64
		in   logFile
		want int
	}{
		{"ab\ncd\n", 9, logFile{}, 6},
		{"ab\ncd\n", 6, logFile{}, 6},
		{"ab\ncd\n", 5, logFile{}, 3},
		{"ab\ncd\n", 2, logFile{}, 2},
		{"ab\ncd\n", 2, logFile{size: 1, midLine: true}, 2},
		{"ab\ncd\n", 2, logFile{size: 1}, 0},
		{"", 5, logFile{}, 0},
	} {
		c.in.log.Limit = c.in.size + c.room
		require.Equal(t, c.want, c.in.fitting([]byte(c.text)), "%q into %+v", c.text, c)
	}
}
