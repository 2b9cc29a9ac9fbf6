package ledger_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

const (
	dayMicros = 24 * 3600 * 1_000_000
	days      = 160
	perDay    = 2
	alive     = 25 // models whose files are kept
)

var (
	decisionRetention = ledger.DecisionRetention{Age: 30 * 24 * time.Hour, Newest: 20, Forever: []string{"quarantine"}}
	ratingRetention   = ledger.RatingRetention{Newest: 5, All: 10 * 24 * time.Hour, Daily: 60 * 24 * time.Hour}
)

// A cluster that trains day by day and deletes old models has a ledger that does not grow for ever: what is there after
// so many days is no more than after half of them. And what the models that still exist were promoted by is all there.
func TestALongLivedLedgerStaysBounded(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		life := &life{T: t, config: config, ledger: l, session: l.Session("TEST_DAEMON", 1)}
		life.live(days / 2)
		decisions, ratings := life.counts()
		life.live(days / 2)
		later, ratingsLater := life.counts()
		require.LessOrEqual(t, later-decisions, days/2, "but for what is kept for good, one a day")
		require.LessOrEqual(t, ratingsLater, ratings+1)
		require.LessOrEqual(t, ratings, 60+perDay*10+5, "one a day for 60 days, and all of the last 10")
		require.LessOrEqual(t, later, days+3*max(perDay*30, 20)*2+3*alive*perDay, "of three kinds 30 days, and what existing models need")

		for _, one := range life.models[len(life.models)-alive:] {
			for _, kind := range []string{"evaluation", "promotion"} {
				_, err := l.Decision(t.Context(), kind, life.key(kind, one))
				require.NoError(t, err, "%s of %s", kind, one.ID)
			}
		}
		_, err := l.Decision(t.Context(), "promotion", life.key("promotion", life.models[1]))
		require.ErrorIs(t, err, ledger.ErrNotFound)
		_, err = l.Decision(t.Context(), "quarantine", life.models[0].ID)
		require.NoError(t, err)
		_, err = l.Decision(t.Context(), "promotion", "by-name")
		require.NoError(t, err, "the pointer came to a model by it that is still there")
		newest, err := l.Decisions(t.Context(), "feedback_proposal", "sq5_2p", ledger.Page{Limit: 20})
		require.NoError(t, err)
		require.Len(t, newest.Items, 20)
		require.Equal(t, fmt.Sprintf("proposal-%d", len(life.models)-1), newest.Items[0].Key)
		latest, err := l.Ratings(t.Context(), "sq5_2p", "h")
		require.NoError(t, err)
		require.EqualValues(t, len(life.models)+1, latest.Sequence)
	})
}

// More decisions than one transaction takes go in one call, the oldest 1000 of them, and no others.
func TestOldDecisionsGoInParts(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		f := &life{T: t, config: config, ledger: l, session: l.Session("TEST_DAEMON", 1)}
		const more, newest = 50, 20
		for number := range 1000 + more + newest {
			f.decide("feedback_proposal", fmt.Sprintf("proposal-%04d", number), map[string]any{})
		}
		statement(f, f.config, fmt.Sprintf("UPDATE decisions SET decided_at = decided_at - %d", 31*int64(dayMicros)))
		for _, expected := range []int{1000, more, 0} {
			purged, err := f.session.PurgeDecisions(t.Context(), decisionRetention)
			require.NoError(t, err)
			require.Equal(t, expected, purged)
		}
		kept, err := l.Decisions(t.Context(), "feedback_proposal", "", ledger.Page{Limit: 1000})
		require.NoError(t, err)
		require.Len(t, kept.Items, newest)
		require.Equal(t, fmt.Sprintf("proposal-%04d", 1000+more+newest-1), kept.Items[0].Key)
	})
}

// life is what happens to a ledger.
type life struct {
	*testing.T
	config  ledger.Config
	ledger  *ledger.Ledger
	session *ledger.Session
	models  []ledger.Model
}

func (f *life) live(days int) {
	f.Helper()
	for range days {
		for range perDay {
			f.train()
		}
		f.sleep()
		f.purge()
	}
}

// train leaves what a model leaves: its evaluation and promotion, an oldest one whose file is deleted, ratings.
func (f *life) train() {
	f.Helper()
	number := len(f.models)
	made, err := f.session.AddModel(f.Context(), ledger.Model{
		SHA256: sum(fmt.Sprint("model-", number)), ConfigKey: "sq5_2p", Kind: "table", Workload: "mini", WorkloadVersion: "1",
	})
	require.NoError(f, err)
	f.models = append(f.models, made)
	_, err = f.session.AddItem(f.Context(), ledger.Item{SHA256: made.SHA256, Role: "model", Name: made.ID, Bytes: 1})
	require.NoError(f, err)
	f.hold(made, ledger.CopyVerified)
	if number >= alive {
		f.hold(f.models[number-alive], ledger.CopyGone)
	}
	f.decide("evaluation", f.key("evaluation", made), map[string]any{"model_id": made.ID})
	f.decide("promotion", f.key("promotion", made), map[string]any{"record": map[string]any{"candidate_sha256": made.SHA256}})
	f.decide("feedback_proposal", fmt.Sprintf("proposal-%d", number), map[string]any{"games": number})
	if number%perDay == 0 {
		f.decide("quarantine", made.ID, map[string]any{})
	}
	if number == 0 {
		f.decide("promotion", "by-name", map[string]any{"iteration": 1})
		_, err := f.session.MovePointers(f.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Production, ModelID: made.ID, DecisionID: "by-name"})
		require.NoError(f, err)
		f.rate(-1)
	}
	f.rate(number)
}

func (f *life) key(kind string, model ledger.Model) string {
	return kind + "/" + strings.ToUpper(model.ID)
}

func (f *life) decide(kind, key string, inputs map[string]any) {
	f.Helper()
	text, err := json.Marshal(inputs)
	require.NoError(f, err)
	_, _, err = f.session.Decide(f.Context(), ledger.Decision{Kind: kind, Key: key, ConfigKey: "sq5_2p", Inputs: text, Verdict: "v", Reason: "r"})
	require.NoError(f, err)
}

func (f *life) hold(model ledger.Model, state ledger.HolderState) {
	f.Helper()
	require.NoError(f, f.session.ReportHoldings(f.Context(), "node-1", []ledger.Holder{{SHA256: model.SHA256, Path: "models/" + model.ID, State: state}}))
}

func (f *life) rate(number int) {
	f.Helper()
	_, err := f.session.SaveRatings(f.Context(), ledger.RatingSnapshot{
		ConfigKey: "sq5_2p", Harness: "h", Evidence: ledger.Evidence{Digest: fmt.Sprint("evidence-", number)},
	})
	require.NoError(f, err)
}

// sleep makes everything a day older.
func (f *life) sleep() {
	f.Helper()
	statement(f, f.config, fmt.Sprintf("UPDATE decisions SET decided_at = decided_at - %d", int64(dayMicros)))
	statement(f, f.config, fmt.Sprintf("UPDATE rating_snapshots SET computed_at = computed_at - %d", int64(dayMicros)))
}

func (f *life) purge() {
	f.Helper()
	_, err := f.session.PurgeDecisions(f.Context(), decisionRetention)
	require.NoError(f, err)
	_, err = f.session.PurgeRatings(f.Context(), ratingRetention)
	require.NoError(f, err)
}

func (f *life) counts() (decisions, ratings int) {
	f.Helper()
	for page := (ledger.Page{Limit: 1000}); ; {
		list, err := f.ledger.Decisions(f.Context(), "", "", page)
		require.NoError(f, err)
		decisions += len(list.Items)
		if page.After = list.Next; page.After == "" {
			break
		}
	}
	list, err := f.ledger.RatingHistory(f.Context(), "sq5_2p", "h", ledger.Page{Limit: 1000})
	require.NoError(f, err)
	return decisions, len(list.Items)
}
