package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/progress"
	"github.com/ringrift/orchestrator/internal/thresholds"
)

// What the starter prints is what the page shows.
func TestTrainingIsPrintedAsTheLedgerHasIt(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	model, err := q.session.AddModel(t.Context(), ledger.Model{
		SHA256: strings.Repeat("a", 64), ConfigKey: "sq5_2p", Kind: "table", Workload: "mini", WorkloadVersion: "1.0.0",
	})
	require.NoError(t, err)
	_, err = q.session.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: model.ID, DecisionID: "first"})
	require.NoError(t, err)
	_, err = q.session.SaveRatings(t.Context(), ledger.RatingSnapshot{
		ConfigKey: "sq5_2p", Harness: "search", Evidence: ledger.Evidence{Digest: "digest"},
		Ratings: []ledger.Rating{{Participant: model.ID, Rating: 1500, Low: 1450, High: 1550, Games: 40}},
	})
	require.NoError(t, err)
	all, err := progress.Read(t.Context(), q.ledger)
	require.NoError(t, err)
	for command, document := range map[string]any{"loop": all.Loops, "models": all.Models, "ratings": all.Ratings} {
		want, err := json.Marshal(document)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(read[json.RawMessage](t, q, command)), command)
	}
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "loop"))
	require.Contains(t, q.out.String(), "1500 ± 50")

	path := filepath.Join(q.Config.SharedDir(), thresholds.FileName)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("preset: slow\n"), 0o644))
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "loop"))
	require.Contains(t, q.out.String(), "older thresholds are in force: "+path+" has 1 fault(s)")

	plans := read[struct{ Plans []map[string]any }](t, q, "loop", "plan", "sq5_2p").Plans
	require.Len(t, plans, 1)
	require.Equal(t, 1.0, plans[0]["curriculum_weight"])
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "loop", "plan"))
	require.Equal(t, "sq5_2p: weight 1.00, as set\n", q.out.String())
	require.Equal(t, cli.ExitUsage, q.run(t.Context(), "loop", "plan", "none"))
	require.Contains(t, q.err.String(), `configuration "none" has no loop`)
}

// What an iteration goes on without is named below the table.
func TestCorruptFilesOfALoopAreNamed(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	model, err := q.session.AddModel(t.Context(), ledger.Model{
		SHA256: strings.Repeat("a", 64), ConfigKey: "sq5_2p", Kind: "table", Workload: "mini", WorkloadVersion: "1.0.0",
	})
	require.NoError(t, err)
	_, err = q.session.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: model.ID, DecisionID: "first"})
	require.NoError(t, err)
	iteration, err := q.session.StartIteration(t.Context(), "sq5_2p", "one", "COLLECTING")
	require.NoError(t, err)
	key := ledger.StageKey{ConfigKey: "sq5_2p", Iteration: iteration.Number, Stage: "CONSOLIDATING"}
	_, err = q.session.OrderStage(t.Context(), ledger.StageOrder{StageKey: key, Attempt: 1})
	require.NoError(t, err)
	left := `{"left_out":[{"iteration":1,"sha256":"` + strings.Repeat("b", 64) + `","games":12,"reason":"its bytes are others"}]}`
	_, err = q.session.EndStage(t.Context(), key, 1, ledger.StageEnd{State: ledger.StageDone, Result: []byte(left)})
	require.NoError(t, err)
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "loop"))
	require.Contains(t, q.out.String(),
		"sq5_2p: iteration 1 goes on without the corrupt file bbbbbbbbbbbbbbbb of iteration 1 (12 games): its bytes are others")
}
