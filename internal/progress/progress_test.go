package progress_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/progress"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const config = "sq5_2p"

// rig is a ledger, and who writes it.
type rig struct {
	*testing.T
	ledger  *ledger.Ledger
	session *ledger.Session
}

func setup(t *testing.T) *rig {
	t.Helper()
	l := ledgertest.SQLite(t)
	return &rig{t, l, l.Session("TEST", 0)}
}

// model adds one whose hash is a digit.
func (r *rig) model(digit string, iteration int64, parents ...string) string {
	r.Helper()
	model, err := r.session.AddModel(r.Context(), ledger.Model{
		SHA256: strings.Repeat(digit, 64), ConfigKey: config, Kind: "table", Bytes: 10, Parents: parents, RunID: "run-" + digit,
		Iteration: iteration, Workload: "mini", WorkloadVersion: "1.0.0",
	})
	require.NoError(r, err)
	return model.ID
}

func (r *rig) promote(model string, expect int64) {
	r.Helper()
	_, err := r.session.MovePointers(r.Context(), ledger.PointerMove{
		ConfigKey: config, Name: ledger.Canonical, ModelID: model, Expect: expect, DecisionID: "decision/" + model,
	})
	require.NoError(r, err)
}

func (r *rig) judge(model, verdict, reason string) {
	r.Helper()
	inputs := `{"iteration": 1, "record": {"evidence": {"candidate": {"model_id": "` + model + `"}}}}`
	_, _, err := r.session.Decide(r.Context(), ledger.Decision{
		Kind: pipeline.DecisionPromotion, Key: config + "/" + model, ConfigKey: config, Inputs: json.RawMessage(inputs), Verdict: verdict, Reason: reason,
	})
	require.NoError(r, err)
}

// order begins a stage of an iteration that is open.
func (r *rig) order(iteration int64, stage spec.Stage) ledger.StageKey {
	r.Helper()
	key := ledger.StageKey{ConfigKey: config, Iteration: iteration, Stage: string(stage)}
	_, err := r.session.OrderStage(r.Context(), ledger.StageOrder{StageKey: key, Attempt: 1})
	require.NoError(r, err)
	return key
}

func (r *rig) finish(iteration int64, stage spec.Stage, result any) {
	r.Helper()
	text, err := json.Marshal(result)
	require.NoError(r, err)
	_, err = r.session.EndStage(r.Context(), r.order(iteration, stage), 1, ledger.StageEnd{State: ledger.StageDone, Result: text})
	require.NoError(r, err)
}

// rate leaves ratings of 1000, 1100 … in the order of the models.
func (r *rig) rate(digest string, models ...string) {
	r.Helper()
	snapshot := ledger.RatingSnapshot{ConfigKey: config, Harness: "search", Evidence: ledger.Evidence{Digest: digest, Matches: 1, Games: 20}}
	for i, model := range models {
		elo := 1000 + 100*float64(i)
		snapshot.Ratings = append(snapshot.Ratings, ledger.Rating{Participant: model, Rating: elo, Low: elo - 40, High: elo + 60, Games: 20})
	}
	_, err := r.session.SaveRatings(r.Context(), snapshot)
	require.NoError(r, err)
}

// twoGenerations is a loop that has promoted a model, rejected another, and judges a third.
func twoGenerations(t *testing.T) *rig {
	t.Helper()
	r := setup(t)
	first := r.model("a", 0)
	r.promote(first, 0)
	second := r.model("b", 1, first)
	r.promote(second, 1)
	r.judge(second, "promoted", "the test accepts")
	third := r.model("c", 2, second)
	r.serve(first, third)
	r.judge(third, "rejected", "not proven stronger")
	_, err := r.session.StartIteration(t.Context(), config, "correlation", string(spec.StageCollecting))
	require.NoError(t, err)
	r.finish(1, spec.StageCombining, pipeline.Combined{Samples: 512})
	r.finish(1, spec.StageTraining, pipeline.Trained{ModelID: r.model("d", 1, second)})
	require.NoError(t, r.session.StageWaits(t.Context(), r.order(1, spec.StageEvaluating), 1, "job 7 waits for a node"))
	r.rate("old", first, second)
	r.rate("new", third, first, second)
	return r
}

// serve puts a model into production and another one, that was there, into quarantine.
func (r *rig) serve(model, bad string) {
	r.Helper()
	_, err := r.session.MovePointers(r.Context(), ledger.PointerMove{ConfigKey: config, Name: ledger.Production, ModelID: model, DecisionID: "rollback"})
	require.NoError(r, err)
	record := promotion.GuardRecord{Verdict: promotion.GuardVerdict{Action: promotion.Rollback, Replaces: bad, To: model, Quarantine: bad}}
	inputs, err := json.Marshal(record)
	require.NoError(r, err)
	for kind, decision := range map[string]ledger.Decision{
		pipeline.DecisionProduction: {Key: "rollback", Verdict: "rollback", Reason: "regression: 3 checks in a row"},
		pipeline.DecisionQuarantine: {Key: bad, Verdict: "rolled_back", Reason: "regression: 3 checks in a row"},
	} {
		decision.Kind, decision.ConfigKey, decision.Inputs = kind, config, inputs
		_, _, err := r.session.Decide(r.Context(), decision)
		require.NoError(r, err)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	r := twoGenerations(t)
	all, err := progress.Read(t.Context(), r.ledger)
	require.NoError(t, err)
	for name, document := range map[string]any{"loop": all.Loops, "models": all.Models, "ratings": all.Ratings} {
		golden(t, name, document)
	}
}

func TestAnEmptyLedgerIsNoFault(t *testing.T) {
	t.Parallel()
	r := setup(t)
	all, err := progress.Read(t.Context(), r.ledger)
	require.NoError(t, err)
	require.Equal(t, progress.All{
		Loops:   progress.Loops{Loops: []progress.Loop{}},
		Models:  progress.Models{Models: []progress.Model{}},
		Ratings: progress.Ratings{Ratings: []ledger.RatingSnapshot{}, Curves: []progress.Curve{}, Is: map[string][]string{}},
	}, all)
}

func TestACanonicalModelThatNobodyRatedIsUnknown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first := r.model("a", 0)
	r.promote(first, 0)
	r.rate("digest", "random")
	all, err := progress.Read(t.Context(), r.ledger)
	require.NoError(t, err)
	require.Nil(t, all.Loops.Loops[0].Rating)
	require.Nil(t, all.Ratings.Curves[0].Points[0].Rating)
}

func TestALoopThatCollectsWaitsForGames(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.promote(r.model("a", 0), 0)
	_, err := r.session.StartIteration(t.Context(), config, "correlation", string(spec.StageCollecting))
	require.NoError(t, err)
	loops, err := progress.ReadLoops(t.Context(), r.ledger)
	require.NoError(t, err)
	require.Equal(t, "COLLECTING", loops.Loops[0].Stage)
	require.Equal(t, "more new games", loops.Loops[0].Waiting)
}

func TestPagesOfModelsHaveTheirVerdicts(t *testing.T) {
	t.Parallel()
	r := twoGenerations(t)
	verdicts, page := map[string]string{}, ledger.Page{Limit: 1}
	for {
		models, err := progress.ReadModels(t.Context(), r.ledger, "", page)
		require.NoError(t, err)
		require.Len(t, models.Models, 1)
		verdicts[models.Models[0].RunID] = models.Models[0].Verdict
		if page.After = models.Next; page.After == "" {
			break
		}
	}
	require.Equal(t, map[string]string{"run-a": "", "run-b": "promoted", "run-c": "rejected", "run-d": ""}, verdicts)
}

var times = regexp.MustCompile(`"20\d\d-[^"]*Z"`)

// golden compares a document with a file, whatever the time.
func golden(t *testing.T, name string, document any) {
	t.Helper()
	text, err := json.MarshalIndent(document, "", "  ")
	require.NoError(t, err)
	text = append(times.ReplaceAll(text, []byte(`"<time>"`)), '\n')
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text), path)
}
