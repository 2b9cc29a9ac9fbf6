package modelperformancewatchdog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

const (
	killedRounds = 8
	harness      = "search"
)

// Killed again and again while a weak and a strong model take turns in office, it tells of each change once and in order.
func TestKillsGiveNoSecondAlarm(t *testing.T) {
	t.Parallel()
	k := killtest.New(t, Declare(Config{
		Configs:  func() []string { return []string{config} },
		Settings: func() Settings { return Settings{DegradedShare: .55, SevereShare: .45} },
		Terms:    func(string) pipeline.Terms { return pipeline.Terms{Targets: pipeline.Targets{Harness: harness}} },
	}))
	weak, strong := played(t, k.Operator, "1", 10, 100), played(t, k.Operator, "2", 90, 100)
	models, turn := []string{weak, strong}, 0
	change := func() {
		turn++
		_, err := k.Operator.MovePointers(t.Context(), ledger.PointerMove{
			ConfigKey: config, Name: ledger.Canonical, ModelID: models[turn%2], Expect: int64(turn - 1), DecisionID: fmt.Sprint(turn),
		})
		require.NoError(t, err)
	}
	for range killedRounds {
		k.Kill(change)
	}
	for turn%2 != 0 {
		change()
	}
	k.Look()
	kept, err := k.Ledger.Decisions(t.Context(), decisionAlarm, config, ledger.Page{Limit: 1000})
	require.NoError(t, err)
	var decided, told []string
	for i := len(kept.Items) - 1; i >= 0; i-- {
		decided = append(decided, kept.Items[i].Key+" "+kept.Items[i].Verdict)
	}
	for _, event := range bustest.Events(t, k.Bus, "REGRESSION_DETECTED", "REGRESSION_CLEARED") {
		if event.Name == "REGRESSION_CLEARED" {
			over, err := bus.Decode[bus.RegressionCleared](event)
			require.NoError(t, err)
			told = append(told, over.Evidence+" "+cleared)
			continue
		}
		found, err := bus.Decode[bus.RegressionDetected](event)
		require.NoError(t, err)
		told = append(told, found.Evidence+" "+found.Severity)
	}
	require.NotEmpty(t, told)
	require.Equal(t, decided, told)
	require.Contains(t, told[len(told)-1], severe, "the weak one is in office at last")
}

// played makes a model that has won so many of some games against the baseline, as an evaluation says.
func played(t *testing.T, session *ledger.Session, digit string, wins, games int64) string {
	t.Helper()
	sum := strings.Repeat(digit, 64)
	_, err := session.AddItem(t.Context(), ledger.Item{SHA256: sum, Role: "model", Name: config + "/" + sum + ".json", ConfigKey: config, Bytes: 10})
	require.NoError(t, err)
	require.NoError(t, session.ReportHoldings(t.Context(), "node-9", []ledger.Holder{{SHA256: sum, Path: "models/" + sum, State: ledger.CopyVerified}}))
	model, err := session.AddModel(t.Context(), ledger.Model{SHA256: sum, ConfigKey: config, Kind: "table", Bytes: 10, Workload: "mini", WorkloadVersion: "1"})
	require.NoError(t, err)
	_, err = session.RecordMatches(t.Context(), []ledger.Match{{
		ConfigKey: config, Harness: harness, Source: "evaluation-" + digit, Participants: []string{model.ID, "heuristic"}, PlayedAt: time.Unix(1_700_000_000, 0),
		Outcomes: []ledger.Outcome{{Ranks: []int{1, 2}, Games: wins}, {Ranks: []int{2, 1}, Games: games - wins}},
	}})
	require.NoError(t, err)
	evidence, err := session.Ledger().Evidence(t.Context(), config, harness)
	require.NoError(t, err)
	_, err = session.SaveRatings(t.Context(), ledger.RatingSnapshot{
		ConfigKey: config, Harness: harness, Evidence: evidence, Ratings: []ledger.Rating{{Participant: model.ID, Rating: 1500, Low: 1400, High: 1600}},
	})
	require.NoError(t, err)
	return model.ID
}
