package cli_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
)

// One machine needs no settings; several need a bus and a ledger that all of them reach.
func TestValidateMachines(t *testing.T) {
	t.Parallel()
	const bus, store = "nats://bus.example:4222", "postgres://ringrift:secret@store.example/ringrift"
	for name, test := range map[string]struct {
		machines, bus, store string
		faulty               []string
	}{
		"one machine":              {"1", "", "", nil},
		"both shared":              {"2", bus, store, nil},
		"a cluster of servers":     {"2", bus + ", nats://other.example:4222", store, nil},
		"keys and values":          {"2", bus, "host=store.example user=ringrift password=secret", nil},
		"resolved on the worker":   {"2", bus, "${file:/run/secrets/store}", nil},
		"nothing":                  {"2", "", "", []string{"NATS_URL", "STORE_DSN"}},
		"no ledger":                {"2", bus, "", []string{"STORE_DSN"}},
		"no bus":                   {"2", "", store, []string{"NATS_URL"}},
		"a bus of this machine":    {"2", "nats://127.0.0.1:4222", store, []string{"NATS_URL"}},
		"one server of this one":   {"2", bus + ",nats://localhost:4222", store, []string{"NATS_URL"}},
		"no address":               {"2", "bus.example:4222", store, []string{"NATS_URL"}},
		"a ledger in a file":       {"2", bus, "file:/data/ledger.db", []string{"STORE_DSN"}},
		"a ledger of this machine": {"2", bus, "postgres://ringrift:secret@[::1]:5432/ringrift", []string{"STORE_DSN"}},
		"a ledger by socket":       {"2", bus, "postgres:///ringrift", []string{"STORE_DSN"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			h.Config.NATSURL, h.Config.StoreDSN = test.bus, test.store
			code := h.run(t.Context(), "validate", "--machines", test.machines, "-o", "json")
			var report struct {
				Valid    bool
				Settings []struct{ Setting string }
			}
			require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
			var faulty []string
			for _, fault := range report.Settings {
				faulty = append(faulty, fault.Setting)
			}
			require.Equal(t, test.faulty, faulty)
			require.Equal(t, len(test.faulty) == 0, report.Valid)
			require.Equal(t, report.Valid, code == cli.ExitDone, "exit code %d", code)
			require.NotContains(t, h.out.String()+h.err.String(), "secret", "a DSN holds a password")
		})
	}
}
