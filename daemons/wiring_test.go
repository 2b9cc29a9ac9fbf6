package daemons

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// TestEveryEventIsWired compares the catalogue of events with the daemons: who is named as producer or
// consumer exists, and who subscribes is named.
func TestEveryEventIsWired(t *testing.T) {
	t.Parallel()
	known := registry(t)
	subscriptions := subscriptions(t)
	for _, entry := range bus.Catalogue() {
		require.NotEmpty(t, entry.Producers, "%s has no producer", entry.Name)
		require.NotEmpty(t, entry.Consumers, "%s has no consumer", entry.Name)
		for _, party := range slices.Concat(entry.Producers, entry.Consumers) {
			if party == bus.Host || party == bus.Operator || party == bus.Observers {
				continue
			}
			_, found := known.Get(spec.Type(party))
			require.True(t, found, "%s names %s, which is no daemon", entry.Name, party)
		}
		for daemon, names := range subscriptions {
			require.Equal(t, slices.Contains(names, entry.Name), slices.Contains(entry.Consumers, bus.Party(daemon)),
				"%s: what %s subscribes to and what the catalogue says must be the same", entry.Name, daemon)
		}
	}
}

// subscriptions makes one instance of every daemon of this build and asks it.
func subscriptions(t *testing.T) map[spec.Type][]bus.Name {
	t.Helper()
	client, err := bus.Connect(bus.ClientConfig{URL: "nats://127.0.0.1:1", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	all := map[spec.Type][]bus.Name{}
	for _, declaration := range Catalog(Config{}) {
		runner, err := declaration.New(host.Runtime{
			Spec: declaration.Spec, Node: "node-1", Epoch: 1, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
			Bus: client.Session(declaration.Spec.Type, "", 1), DataDir: t.TempDir(), ClusterDir: t.TempDir(),
		})
		require.NoError(t, err, "make %s", declaration.Spec.Type)
		all[declaration.Spec.Type] = nil
		if subscriber, can := runner.(host.Subscriber); can {
			all[declaration.Spec.Type] = subscriber.Subscriptions()
		}
		_, ticks := runner.(host.Ticker)
		_, serves := runner.(host.Server)
		require.NotEqual(t, ticks, serves, "%s is a Ticker or a Server", declaration.Spec.Type)
	}
	return all
}
