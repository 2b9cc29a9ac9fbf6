package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/progress"
	"github.com/ringrift/orchestrator/internal/web"
)

// training reads a ledger as a worker does, counts how often, and fails on demand.
type training struct {
	ledger *ledger.Ledger
	looks  atomic.Int64
	gone   atomic.Bool
}

func (s *training) Look(ctx context.Context) (web.Progress, error) {
	s.looks.Add(1)
	if s.gone.Load() {
		return web.Progress{}, errors.New("open /var/secret/ledger.db: gone")
	}
	all, err := progress.Read(ctx, s.ledger)
	return web.Progress{Loop: all.Loops, Models: all.Models, Ratings: all.Ratings}, err
}

// withLedger is setup with a ledger that has a canonical model.
func withLedger(t *testing.T, cfg web.Config) (*rig, *training) {
	t.Helper()
	source := &training{ledger: ledgertest.SQLite(t)}
	r := setup(t, cfg, web.Sources{Training: source})
	source.promote(t, "a", 0)
	return r, source
}

// promote makes a new model canonical, whose hash is a digit.
func (s *training) promote(t *testing.T, digit string, expect int64) {
	t.Helper()
	session := s.ledger.Session("TEST", 0)
	model, err := session.AddModel(t.Context(), ledger.Model{
		SHA256: strings.Repeat(digit, 64), ConfigKey: "sq5_2p", Kind: "table", Workload: "mini", WorkloadVersion: "1.0.0",
	})
	require.NoError(t, err)
	_, err = session.MovePointers(t.Context(), ledger.PointerMove{
		ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: model.ID, Expect: expect, DecisionID: "promotion/" + digit,
	})
	require.NoError(t, err)
}

func TestDocumentsAreThoseOfTheStarter(t *testing.T) {
	t.Parallel()
	r, source := withLedger(t, web.Config{})
	seen, err := source.Look(t.Context())
	require.NoError(t, err)
	for path, document := range map[string]any{"/loop": seen.Loop, "/models": seen.Models, "/ratings": seen.Ratings} {
		want, err := json.Marshal(document)
		require.NoError(t, err)
		response, text := r.do(t, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, response.StatusCode, path)
		require.Equal(t, "application/json; charset=utf-8", response.Header.Get("Content-Type"), path)
		require.JSONEq(t, string(want), text, path)
	}
}

func TestLiveTellsOfAChangeOfTheLedger(t *testing.T) {
	t.Parallel()
	r, source := withLedger(t, web.Config{})
	page := followPath(t, r, "/live")
	require.Contains(t, page.next(t, "data: "), `"canonical":"aaaaaaaaaaaaaaaa"`, "the loops come first")
	require.Contains(t, page.next(t, "data: "), `"curves"`)
	require.Contains(t, page.next(t, "data: "), `"model_id":"aaaaaaaaaaaaaaaa"`)
	require.Contains(t, page.next(t, "data: "), `"layers"`)
	require.Contains(t, page.next(t, "data: "), `"node":"node-1"`, "a look ends with what it is worth")
	source.promote(t, "b", 1)
	page.next(t, "event: loop")
	require.Contains(t, page.next(t, "data: "), `"canonical":"bbbbbbbbbbbbbbbb"`)
	page.next(t, "event: models")
	require.Contains(t, page.next(t, "data: "), `"model_id":"bbbbbbbbbbbbbbbb"`)
}

func TestLiveDrawsTheDaemons(t *testing.T) {
	t.Parallel()
	r, _ := withLedger(t, web.Config{})
	watchdog := running("DAEMON_WATCHDOG")
	r.SetCluster(view(0, watchdog))
	page := followPath(t, r, "/live")
	page.next(t, "event: daemons")
	var graph struct {
		Layers [][]struct {
			Daemon string   `json:"daemon"`
			Phase  string   `json:"phase"`
			Needs  []string `json:"needs"`
			Copies int      `json:"copies"`
		} `json:"layers"`
	}
	require.NoError(t, json.Unmarshal([]byte(page.next(t, "data: ")), &graph))
	require.Len(t, graph.Layers, 2)
	require.Equal(t, "EVENT_ROUTER", graph.Layers[0][0].Daemon)
	require.Len(t, graph.Layers[1], 2)
	require.Equal(t, []string{"EVENT_ROUTER"}, graph.Layers[1][0].Needs)
	require.Equal(t, 2, graph.Layers[1][1].Copies, "both members of the group")

	watchdog.Phase = "FAILED"
	r.SetCluster(view(0, watchdog))
	page.next(t, "event: daemons")
	require.Contains(t, page.next(t, "data: "), `"daemon":"DAEMON_WATCHDOG","category":"health","needs":["EVENT_ROUTER"],"phase":"FAILED"`)
}

func TestALookIsSharedByAll(t *testing.T) {
	t.Parallel()
	r, source := withLedger(t, web.Config{})
	start := time.Now()
	for range 5 {
		followPath(t, r, "/live").next(t, "event: look")
	}
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() { r.do(t, http.MethodGet, "/loop", "") })
	}
	group.Wait()
	require.LessOrEqual(t, source.looks.Load(), int64(time.Since(start)/time.Second)+1, "one a second, however many ask")
}

func TestTrainingWhileTheLedgerIsGone(t *testing.T) {
	t.Parallel()
	r, source := withLedger(t, web.Config{})
	page := followPath(t, r, "/live")
	page.next(t, "event: look")
	source.gone.Store(true)
	for text := ""; !strings.Contains(text, `"fault":"the ledger does not answer`); {
		page.next(t, "event: look")
		text = page.next(t, "data: ")
		require.NotContains(t, text, "secret", "no internals")
	}
	response, text := r.do(t, http.MethodGet, "/loop", "")
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.NotEmpty(t, response.Header.Get("Retry-After"))
	require.NotContains(t, text, "secret", "no internals")
	source.gone.Store(false)
	require.Eventually(t, func() bool {
		response, _ := r.do(t, http.MethodGet, "/loop", "")
		return response.StatusCode == http.StatusOK
	}, 30*time.Second, 10*time.Millisecond)
}
