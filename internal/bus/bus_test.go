package bus_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

func note(text string) bus.OperatorNote { return bus.OperatorNote{Text: text} }

func texts(t *testing.T, events []bus.Event) []string {
	t.Helper()
	var texts []string
	for _, event := range events {
		content, err := bus.Decode[bus.OperatorNote](event)
		require.NoError(t, err)
		texts = append(texts, content.Text)
	}
	return texts
}

func TestPublishedEventsAreInTheLogInOrder(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t, func(c *bus.ClientConfig) { c.Node = "node-1" })
	session := client.Session("AUTO_SYNC", "", 7)
	require.NoError(t, session.Publish(t.Context(), note("one")))
	require.NoError(t, session.Publish(t.Context(), note("two")))

	events := bustest.Events(t, client)
	require.Equal(t, []string{"one", "two"}, texts(t, events))
	require.Equal(t, "AUTO_SYNC", events[0].Source)
	require.Equal(t, "node-1", events[0].Node, "the node the daemon runs on")
	require.Less(t, events[0].Sequence, events[1].Sequence)
}

func TestSameEventIsStoredOnce(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	session := client.Session("AUTO_SYNC", "", 7)
	event, err := session.Event(note("once"))
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, session.PublishEvent(t.Context(), event))
	}
	require.Len(t, bustest.Events(t, client), 1)
}

func TestAbsentServerIsUnavailableAndNotAnErrorOfConnect(t *testing.T) {
	t.Parallel()
	client, err := bus.Connect(bus.ClientConfig{URL: "nats://127.0.0.1:1", Timeout: 200 * time.Millisecond})
	require.NoError(t, err)
	defer client.Close()
	session := client.Session("AUTO_SYNC", "", 1)

	calls := map[string]func() error{
		"publish":   func() error { return session.Publish(t.Context(), note("x")) },
		"save":      func() error { return session.Save(t.Context(), "k", nil) },
		"load":      func() error { _, _, err := session.Load(t.Context(), "k"); return err },
		"claim":     func() error { return session.Claim(t.Context()) },
		"streams":   func() error { return client.EnsureStreams(t.Context()) },
		"roundtrip": func() error { return client.RoundTrip(t.Context()) },
		"letters":   func() error { _, err := client.DeadLetters(t.Context()); return err },
		"state":     func() error { _, err := client.LogState(t.Context()); return err },
		"follow":    func() error { return client.Follow(t.Context(), bus.FollowOptions{}, nil) },
		"subscribe": func() error {
			_, err := session.Subscribe(t.Context(), []bus.Name{"OPERATOR_NOTE"}, nil)
			return err
		},
	}
	for name, call := range calls {
		require.ErrorIs(t, call(), bus.ErrUnavailable, name)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	require.NotErrorIs(t, session.Publish(done, note("x")), bus.ErrUnavailable, "a cancelled caller is no outage")
}

func TestMissingStreamsAreUnavailable(t *testing.T) {
	t.Parallel()
	client := bustest.Connect(t, bustest.Serve(t, t.TempDir(), "127.0.0.1:-1").URL())
	session := client.Session("AUTO_SYNC", "", 1)
	require.ErrorIs(t, session.Publish(t.Context(), note("x")), bus.ErrUnavailable)
	require.ErrorIs(t, session.Save(t.Context(), "k", nil), bus.ErrUnavailable)
}

func TestCheckpointsOutliveTheSession(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	first := client.Session("AUTO_SYNC", "node one/ü", 1)
	_, found, err := first.Load(t.Context(), "cursor")
	require.NoError(t, err)
	require.False(t, found, "nothing saved yet")

	data := []byte("line\nand \x00 bytes")
	require.NoError(t, first.Save(t.Context(), "cursor", data))
	second := client.Session("AUTO_SYNC", "node one/ü", 2)
	got, found, err := second.Load(t.Context(), "cursor")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, data, got)

	_, found, err = client.Session("AUTO_SYNC", "node-2", 2).Load(t.Context(), "cursor")
	require.NoError(t, err)
	require.False(t, found, "another node's copy has checkpoints of its own")
	require.ErrorIs(t, second.Save(t.Context(), "cursor", make([]byte, 1<<20)), bus.ErrTooLarge)
}

func TestOlderCopyIsFenced(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	old, young := client.Session("AUTO_SYNC", "", 10), client.Session("AUTO_SYNC", "", 11)
	require.NoError(t, old.Save(t.Context(), "k", []byte("old")))
	require.NoError(t, young.Claim(t.Context()))

	require.ErrorIs(t, old.Claim(t.Context()), bus.ErrFenced, "claim")
	require.ErrorIs(t, old.Save(t.Context(), "k", []byte("late")), bus.ErrFenced, "save")
	require.ErrorIs(t, old.Publish(t.Context(), note("late")), bus.ErrFenced, "publish")
	_, err := old.Subscribe(t.Context(), []bus.Name{"OPERATOR_NOTE"}, nil)
	require.ErrorIs(t, err, bus.ErrFenced, "subscribe")
	require.NoError(t, client.Session("AUTO_SYNC", "node-1", 1).Claim(t.Context()), "another copy is not concerned")

	data, _, err := young.Load(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, "old", string(data))
	require.Empty(t, bustest.Events(t, client))
}

func TestConcurrentClaimsLeaveTheNewest(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	outcomes := make(chan error, 20)
	for epoch := range int64(20) {
		go func() { outcomes <- client.Session("AUTO_SYNC", "", epoch+1).Claim(t.Context()) }()
	}
	for range 20 {
		if err := <-outcomes; err != nil {
			require.ErrorIs(t, err, bus.ErrFenced)
		}
	}
	require.NoError(t, client.Session("AUTO_SYNC", "", 20).Claim(t.Context()))
	require.ErrorIs(t, client.Session("AUTO_SYNC", "", 19).Claim(t.Context()), bus.ErrFenced)
}

func TestServerRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, dir, "127.0.0.1:-1")
	address := server.URL()[len("nats://"):]
	file := t.TempDir() + "/file"
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	cases := map[string]struct {
		config bus.ServerConfig
		want   string
	}{
		"folder in use":  {bus.ServerConfig{Dir: dir, Listen: "127.0.0.1:-1"}, "in use by another process"},
		"busy port":      {bus.ServerConfig{Dir: t.TempDir(), Listen: address}, "address already in use"},
		"no port":        {bus.ServerConfig{Dir: t.TempDir(), Listen: "127.0.0.1"}, "write host:port"},
		"bad port":       {bus.ServerConfig{Dir: t.TempDir(), Listen: "127.0.0.1:x"}, "must be a number"},
		"open to all":    {bus.ServerConfig{Dir: t.TempDir(), Listen: "0.0.0.0:4222"}, "set a token"},
		"folder is file": {bus.ServerConfig{Dir: file, Listen: "127.0.0.1:-1"}, "not a directory"},
	}
	for name, test := range cases {
		_, err := bus.StartServer(test.config)
		require.ErrorContains(t, err, test.want, name)
	}
	require.NoError(t, server.Healthy())
	require.NoError(t, server.Shutdown(t.Context()))
	require.Error(t, server.Healthy(), "a server that was shut down")
	bustest.Serve(t, dir, address) // folder and port are free again
}

func TestTokenIsAsked(t *testing.T) {
	t.Parallel()
	server, err := bus.StartServer(bus.ServerConfig{Dir: t.TempDir(), Listen: "127.0.0.1:-1", Token: "secret"})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Shutdown(t.Context())) }()
	bustest.Connect(t, server.URL(), func(c *bus.ClientConfig) { c.Token = "secret" })

	stranger, err := bus.Connect(bus.ClientConfig{URL: server.URL(), Timeout: 300 * time.Millisecond})
	require.NoError(t, err)
	defer stranger.Close()
	require.ErrorIs(t, stranger.EnsureStreams(t.Context()), bus.ErrUnavailable)
}

func TestFollowStartsWhereAsked(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	session := client.Session("AUTO_SYNC", "", 1)
	for i := range 10 {
		require.NoError(t, session.Publish(t.Context(), note(fmt.Sprint(i))))
		require.NoError(t, session.Publish(t.Context(), bus.EventRejected{File: "f", Reason: "r"}))
	}
	all := bustest.Events(t, client, "OPERATOR_NOTE")
	cases := map[string]struct {
		options bus.FollowOptions
		want    []string
	}{
		"last three":     {bus.FollowOptions{Last: 3}, []string{"7", "8", "9"}},
		"more than ever": {bus.FollowOptions{Last: 100}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		"after":          {bus.FollowOptions{After: all[7].Sequence}, []string{"8", "9"}},
		"after the end":  {bus.FollowOptions{After: all[9].Sequence + 5}, nil},
		"future":         {bus.FollowOptions{Since: time.Now().Add(time.Hour)}, nil},
		"new ones":       {bus.FollowOptions{}, nil},
	}
	for name, test := range cases {
		test.options.Names, test.options.Stop = []bus.Name{"OPERATOR_NOTE"}, true
		var got []bus.Event
		err := client.Follow(t.Context(), test.options, func(event bus.Event) error { got = append(got, event); return nil })
		require.NoError(t, err, name)
		require.Equal(t, test.want, texts(t, got), name)
	}
	stop := errors.New("enough")
	require.ErrorIs(t, client.Follow(t.Context(), bus.FollowOptions{Last: 1}, func(bus.Event) error { return stop }), stop)
}

func TestFollowAndPublishGoOnAfterARestartOfTheBus(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, dir, "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	session := client.Session("AUTO_SYNC", "", 1)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen, ended := make(chan bus.Event, 100), make(chan error, 1)
	go func() {
		ended <- client.Follow(ctx, bus.FollowOptions{Last: 10}, func(event bus.Event) error { seen <- event; return nil })
	}()
	require.NoError(t, session.Publish(t.Context(), note("before")))
	require.Equal(t, []string{"before"}, texts(t, []bus.Event{<-seen}))

	require.NoError(t, server.Shutdown(t.Context()))
	require.ErrorIs(t, session.Publish(t.Context(), note("lost")), bus.ErrUnavailable, "the caller is told")
	bustest.Serve(t, dir, server.URL()[len("nats://"):])
	require.Eventually(t, func() bool { return session.Publish(t.Context(), note("after")) == nil }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, []string{"after"}, texts(t, []bus.Event{<-seen}))
	cancel()
	require.NoError(t, <-ended)
}
