package crossprocesspoller

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	got := Declare(Config{}).Spec
	require.Equal(t, spec.Daemon{
		Type: "CROSS_PROCESS_POLLER", Category: spec.CategoryEvent, Runner: "create_cross_process_poller",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeNode, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), got)
}

func setup(t *testing.T, client *bus.Client, dir string, epoch int64, config Config) *poller {
	t.Helper()
	runner, err := Declare(config).New(host.Runtime{
		Node: "node-1", Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Bus: client.Session(Type, "node-1", epoch), DataDir: dir,
	})
	require.NoError(t, err)
	poller := runner.(*poller)
	require.NoError(t, poller.Ready(t.Context()))
	return poller
}

// drop puts a file into the spool as a writer should.
func drop(t testing.TB, dir, name, content string) string {
	t.Helper()
	temporary, err := os.CreateTemp(dir, "writing-*")
	require.NoError(t, err)
	_, err = temporary.WriteString(content)
	require.NoError(t, err)
	require.NoError(t, temporary.Close())
	path := filepath.Join(dir, "events", "in", name)
	require.NoError(t, os.Rename(temporary.Name(), path))
	return path
}

func submission(text string) string {
	return fmt.Sprintf(`{"event_type":"OPERATOR_NOTE","payload":{"text":%q}}`, text)
}

func texts(t *testing.T, client *bus.Client) []string {
	t.Helper()
	var texts []string
	for _, event := range bustest.Events(t, client, "OPERATOR_NOTE") {
		content, err := bus.Decode[bus.OperatorNote](event)
		require.NoError(t, err)
		texts = append(texts, content.Text)
	}
	return texts
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestFilesBecomeEventsOldestFirst(t *testing.T) {
	t.Parallel()
	client, dir := bustest.Start(t), t.TempDir()
	poller := setup(t, client, dir, 1, Config{Batch: 3})
	var want []string
	for i := range 5 {
		path := drop(t, dir, fmt.Sprintf("%c.json", 'z'-i), submission(fmt.Sprint(i)))
		modified := time.Unix(int64(2_000_000_000+i), 0)
		require.NoError(t, os.Chtimes(path, modified, modified))
		want = append(want, fmt.Sprint(i))
	}
	require.EqualError(t, poller.Tick(t.Context()), host.Later(moreSoon).Error(), "a full batch asks for the next turn")
	require.NoError(t, poller.Tick(t.Context()))
	require.Equal(t, want, texts(t, client))
	require.Empty(t, names(t, poller.spool.in))
	event := bustest.Events(t, client)[0]
	require.Equal(t, "spool", event.Source)
	require.Equal(t, "node-1", event.Node)
	require.Equal(t, time.Unix(2_000_000_000, 0).UTC(), event.OccurredAt, "the file's own time")
	require.NoError(t, poller.Tick(t.Context()), "an empty spool")
}

// Two hundred files come while nobody looks, one of them malformed: 199 arrive, one is set aside, and
// nothing comes twice, whatever restarts.
func TestMalformedFileDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	client, dir := bustest.Start(t), t.TempDir()
	setup(t, client, dir, 1, Config{})
	for i := range 200 {
		content := submission(fmt.Sprint(i))
		if i == 100 {
			content = `{"event_type":"OPERATOR_NOTE","payload":{"txt":"oops"}}`
		}
		drop(t, dir, fmt.Sprintf("%03d.json", i), content)
	}
	for epoch := range int64(3) {
		poller := setup(t, client, dir, epoch+2, Config{})
		require.NoError(t, poller.Tick(t.Context()))
	}
	require.Len(t, texts(t, client), 199)
	rejected := filepath.Join(dir, "events", "rejected")
	require.Equal(t, []string{"100.json", "100.json.reason"}, names(t, rejected))
	reason, err := os.ReadFile(filepath.Join(rejected, "100.json.reason"))
	require.NoError(t, err)
	require.Contains(t, string(reason), `field "txt" is unknown`)
	events := bustest.Events(t, client, "EVENT_REJECTED")
	require.Len(t, events, 1)
	content, err := bus.Decode[bus.EventRejected](events[0])
	require.NoError(t, err)
	require.Equal(t, "100.json", content.File)
}

func TestHostileEntries(t *testing.T) {
	t.Parallel()
	client, dir := bustest.Start(t), t.TempDir()
	poller := setup(t, client, dir, 1, Config{KeepRejected: 50})
	in := poller.spool.in
	outside := filepath.Join(dir, "outside.json")
	require.NoError(t, os.WriteFile(outside, []byte(submission("secret")), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(in, "link.json")))
	require.NoError(t, os.MkdirAll(filepath.Join(in, "folder.json", "sub"), 0o755))
	require.NoError(t, syscall.Mkfifo(filepath.Join(in, "pipe.json"), 0o600))
	drop(t, dir, "large.json", submission(strings.Repeat("x", bus.MaxEventBytes)))
	drop(t, dir, "empty.json", "")
	drop(t, dir, "unknown.json", `{"event_type":"OPERATOR_NOTES","payload":{}}`)
	ignored := []string{".hidden.json", "draft.tmp", "note.json.part", "README"}
	for _, name := range ignored {
		drop(t, dir, name, submission("not yet"))
	}
	require.NoError(t, poller.Tick(t.Context()))
	require.Empty(t, texts(t, client))
	require.ElementsMatch(t, ignored, names(t, in), "what is not an event is left alone")
	for name, want := range map[string]string{
		"link": "symbolic link", "folder": "folder", "pipe": "pipe", "large": "at most", "empty": "content is missing",
		"unknown": "did you mean OPERATOR_NOTE?",
	} {
		reason, err := os.ReadFile(filepath.Join(dir, "events", "rejected", name+".json.reason"))
		require.NoError(t, err, name)
		require.Contains(t, string(reason), want, name)
	}
	require.FileExists(t, outside)
}

func TestRejectedFilesAreBounded(t *testing.T) {
	t.Parallel()
	client, dir := bustest.Start(t), t.TempDir()
	poller := setup(t, client, dir, 1, Config{KeepRejected: 3})
	for range 5 {
		drop(t, dir, "same.json", "{")
		require.NoError(t, poller.Tick(t.Context()))
	}
	require.Len(t, names(t, poller.spool.rejected), 6, "three files and their reasons")
	require.Len(t, bustest.Events(t, client, "EVENT_REJECTED"), 5)
}

func TestBusAwayLeavesTheFiles(t *testing.T) {
	t.Parallel()
	client, err := bus.Connect(bus.ClientConfig{URL: "nats://127.0.0.1:1"})
	require.NoError(t, err)
	defer client.Close()
	dir := t.TempDir()
	poller := setup(t, client, dir, 1, Config{})
	now := time.Now()
	poller.rt.Now = func() time.Time { return now }
	require.Equal(t, spec.HealthOK, poller.Health(t.Context()).Status, "an empty spool is fine")
	drop(t, dir, "a.json", submission("a"))
	drop(t, dir, "b.json", "{")
	require.ErrorIs(t, poller.Tick(t.Context()), bus.ErrUnavailable)
	require.Len(t, names(t, poller.spool.in), 2)
	require.Equal(t, spec.HealthOK, poller.Health(t.Context()).Status)
	now = now.Add(2 * time.Minute)
	require.Equal(t, spec.HealthDegraded, poller.Health(t.Context()).Status)
	now = now.Add(10 * time.Minute)
	require.Equal(t, spec.HealthUnhealthy, poller.Health(t.Context()).Status)
}

func TestReplacedCopyPublishesNothing(t *testing.T) {
	t.Parallel()
	client, dir := bustest.Start(t), t.TempDir()
	old := setup(t, client, dir, 1, Config{})
	require.NoError(t, client.Session(Type, "node-1", 2).Claim(t.Context()))
	drop(t, dir, "a.json", submission("a"))
	require.ErrorIs(t, old.Tick(t.Context()), bus.ErrFenced)
	require.Len(t, names(t, old.spool.in), 1)
}

// An old file that is in the log already is recognised, although the log's own memory of repetitions is over.
func TestOldFileThatWasPublishedIsDeleted(t *testing.T) {
	t.Parallel()
	client, dir := bustest.Start(t), t.TempDir()
	first := setup(t, client, dir, 1, Config{})
	yesterday := time.Now().Add(-24 * time.Hour)
	put := func() {
		require.NoError(t, os.Chtimes(drop(t, dir, "a.json", submission("a")), yesterday, yesterday))
	}
	put()
	require.NoError(t, first.Tick(t.Context()))
	put()
	second := setup(t, client, dir, 2, Config{})
	require.NoError(t, second.Tick(t.Context()))
	require.Len(t, second.published, 1, "it was looked up and not left to the log's memory")
	require.Equal(t, []string{"a"}, texts(t, client))
	require.Empty(t, names(t, second.spool.in))
}

// TestSpoolSurvivesKill kills the process that empties the spool, again and again: each file gives one event.
func TestSpoolSurvivesKill(t *testing.T) {
	if dir := os.Getenv("SPOOL_DIR"); dir != "" {
		pollForEver(t, dir)
	}
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	setup(t, client, dir, 1, Config{})
	const files = 300
	for i := range files {
		drop(t, dir, fmt.Sprintf("%03d.json", i), submission(fmt.Sprint(i)))
	}
	for round := range 4 {
		pollUntilKilled(t, dir, server.URL(), round+2, 20+15*round)
	}
	last := setup(t, client, dir, 100, Config{Batch: files})
	require.NoError(t, last.Tick(t.Context()))
	got := texts(t, client)
	require.Len(t, got, files)
	seen := map[string]bool{}
	for _, text := range got {
		require.False(t, seen[text], "file %s came twice", text)
		seen[text] = true
	}
}

func pollUntilKilled(t *testing.T, dir, url string, epoch, taken int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestSpoolSurvivesKill$", "-test.count=1")
	child.Env = append(os.Environ(), "SPOOL_DIR="+dir, "SPOOL_URL="+url, fmt.Sprintf("SPOOL_EPOCH=%d", epoch))
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(output)
	for count := 0; lines.Scan(); count++ {
		if count == taken {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait(), "it was killed")
}

func pollForEver(t *testing.T, dir string) {
	client := bustest.Connect(t, os.Getenv("SPOOL_URL"))
	epoch, err := strconv.ParseInt(os.Getenv("SPOOL_EPOCH"), 10, 64)
	require.NoError(t, err)
	poller := setup(t, client, dir, epoch, Config{Batch: 1})
	for {
		err := poller.Tick(t.Context())
		if err != nil && err.Error() != host.Later(moreSoon).Error() {
			require.NoError(t, err)
		}
		fmt.Println("tick")
	}
}

func FuzzSpool(f *testing.F) {
	f.Add("a.json", []byte(submission("a")))
	f.Add("b.json", []byte("{"))
	f.Add("-rf.json", []byte{0xff, 0x00})
	client := bustest.Start(f)
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if !isEvent(name) || strings.ContainsAny(name, "/\x00") || len(name) > 200 {
			return
		}
		dir := t.TempDir()
		poller := setup(t, client, dir, 1, Config{})
		drop(t, dir, name, string(content))
		require.NoError(t, poller.Tick(t.Context()))
		require.Empty(t, names(t, poller.spool.in), "every file is either published or set aside")
		if kept := names(t, poller.spool.rejected); len(kept) > 0 {
			require.Len(t, kept, 2, "with its reason")
		}
	})
}
