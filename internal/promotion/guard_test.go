package promotion

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/rating"
)

// office is evidence for a canonical model that deserves production, over a model that holds its own there.
func office(change func(e *GuardEvidence)) GuardEvidence {
	canonical, canonicalSum := model("c")
	production, productionSum := model("b")
	fallback, fallbackSum := model("a")
	score := func(wins, losses int64) rating.Score { return rating.Score{Players: 2, Wins: wins, Losses: losses} }
	e := GuardEvidence{
		ConfigKey: "sq5_2p", Players: 2, JudgedAt: judgedAt,
		Production: &Pointer{2, production, productionSum, of(true), judgedAt.Add(-48 * time.Hour)},
		Canonical: &Standing{Candidate: Candidate{canonical, canonicalSum, of(true), of(true), of(false)}, Rating: of(1700.0), Harnesses: of(int64(2)),
			Random: of(score(190, 10)), Heuristic: of(score(130, 70))},
		ProductionRating: of(1660.0),
		HeadToHead:       &HeadToHead{canonical, production, score(120, 80)},
		Fallback:         &Candidate{fallback, fallbackSum, of(true), of(true), of(false)},
		Rollbacks:        []time.Time{},
	}
	change(&e)
	return e
}

// check is one of the model in production, with a loss of rating and wins of 40 games.
func check(e *GuardEvidence, drop float64, wins int64) {
	e.Checks = append(e.Checks, Check{fmt.Sprint("check ", len(e.Checks)), e.Production.ModelID, of(1400 - drop), of(1400.0),
		&rating.Score{Players: 2, Wins: wins, Losses: 40 - wins}})
}

// worse has three checks in a row find the model in production worse.
func worse(e *GuardEvidence) {
	check(e, 10, 20)
	for range 3 {
		check(e, 30, 20)
	}
}

func TestCanonicalAdvances(t *testing.T) {
	t.Parallel()
	verdict := Guard(office(func(*GuardEvidence) {}), DefaultGuardPolicy())
	require.Equal(t, Advance, verdict.Action, verdict.Reason)
	require.Equal(t, office(func(*GuardEvidence) {}).Canonical.ModelID, verdict.To)
	require.Equal(t, office(func(*GuardEvidence) {}).Production.ModelID, verdict.Replaces)
	require.Equal(t, "head_to_head", verdict.Gate)

	first := Guard(office(func(e *GuardEvidence) { e.Production, e.HeadToHead, e.ProductionRating = &Pointer{}, nil, nil }), DefaultGuardPolicy())
	require.Equal(t, Advance, first.Action, first.Reason)
	require.Empty(t, first.Replaces)
}

func TestAdvanceGates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ failing, missing []func(e *GuardEvidence) }{
		"production": {nil, guards(func(e *GuardEvidence) { e.Production = nil })},
		"canonical":  {guards(func(e *GuardEvidence) { e.Canonical.ModelID = e.Production.ModelID }), guards(func(e *GuardEvidence) { e.Canonical = nil })},
		"loads":      {guards(func(e *GuardEvidence) { e.Canonical.Loads = of(false) }), guards(func(e *GuardEvidence) { e.Canonical.Loads = nil })},
		"quarantine": {guards(func(e *GuardEvidence) { e.Canonical.Quarantined = of(true) }), guards(func(e *GuardEvidence) { e.Canonical.Quarantined = nil })},
		"harnesses":  {guards(func(e *GuardEvidence) { e.Canonical.Harnesses = of(int64(1)) }), guards(func(e *GuardEvidence) { e.Canonical.Harnesses = nil })},
		"min_rating": {guards(func(e *GuardEvidence) { e.Canonical.Rating = of(1649.0) }), guards(func(e *GuardEvidence) { e.Canonical.Rating = nil })},
		"random": {guards(func(e *GuardEvidence) { e.Canonical.Random.Losses = 30 }, func(e *GuardEvidence) { e.Canonical.Random = &rating.Score{Players: 2, Wins: 99} }),
			guards(func(e *GuardEvidence) { e.Canonical.Random = nil })},
		"heuristic":   {guards(func(e *GuardEvidence) { e.Canonical.Heuristic.Losses = 100 }), guards(func(e *GuardEvidence) { e.Canonical.Heuristic = nil })},
		"rating_gain": {guards(func(e *GuardEvidence) { e.ProductionRating = of(1676.0) }), guards(func(e *GuardEvidence) { e.ProductionRating = nil })},
		"head_to_head": {guards(func(e *GuardEvidence) { e.HeadToHead.Score.Losses = 120 }, func(e *GuardEvidence) { e.HeadToHead.Score = rating.Score{Players: 2, Wins: 60, Losses: 39} }),
			guards(func(e *GuardEvidence) { e.HeadToHead = nil }, func(e *GuardEvidence) { e.HeadToHead.Opponent = "another" })},
		"evidence": {guards(func(e *GuardEvidence) { e.HeadToHead.Score.Players = 3 }, func(e *GuardEvidence) { e.JudgedAt = time.Time{} }), nil},
	} {
		for i, change := range append(c.failing, c.missing...) {
			verdict := Guard(office(change), DefaultGuardPolicy())
			gate := gateOf(t, verdict.Gates, name)
			require.Equal(t, Hold, verdict.Action, "%s %d", name, i)
			require.False(t, gate.Passed, "%s %d", name, i)
			require.Equal(t, i >= len(c.failing), gate.Missing, "%s %d: %+v", name, i, gate)
		}
	}
}

func guards(changes ...func(e *GuardEvidence)) []func(e *GuardEvidence) { return changes }

func TestThreeRegressionsRollBack(t *testing.T) {
	t.Parallel()
	e := office(worse)
	verdict := Guard(e, DefaultGuardPolicy())
	require.Equal(t, Rollback, verdict.Action, verdict.Reason)
	require.Equal(t, 3, verdict.Regressions)
	require.Equal(t, e.Fallback.ModelID, verdict.To)
	require.Equal(t, e.Production.ModelID, verdict.Quarantine)
}

func TestOnlyRegressionsInARowCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want   int
		change func(e *GuardEvidence)
	}{
		"two":                    {2, func(e *GuardEvidence) { check(e, 30, 20); check(e, 30, 20) }},
		"a steady one clears":    {0, func(e *GuardEvidence) { worse(e); check(e, 0, 20) }},
		"unknown does not clear": {3, func(e *GuardEvidence) { worse(e); check(e, 0, 20); e.Checks[4].Score = nil }},
		"unknown does not count": {2, func(e *GuardEvidence) { worse(e); e.Checks[2].Rating = nil }},
		"too few games":          {2, func(e *GuardEvidence) { worse(e); e.Checks[3].Score = &rating.Score{Players: 2, Wins: 19} }},
		"of another model":       {2, func(e *GuardEvidence) { worse(e); e.Checks[1].ModelID = "another" }},
		"by lost games alone": {3, func(e *GuardEvidence) {
			for range 3 {
				check(e, 0, 15)
				e.Checks[len(e.Checks)-1].Rating = nil
			}
		}},
	} {
		require.Equal(t, c.want, Guard(office(c.change), DefaultGuardPolicy()).Regressions, name)
	}
}

func TestTheDropDependsOnBoardAndRating(t *testing.T) {
	t.Parallel()
	policy := DefaultGuardPolicy()
	for _, c := range []struct {
		config          string
		reference, want float64
	}{{"sq5_2p", 1000, 30}, {"sq5_2p", 600, 45}, {"sq5_2p", 1600, 21}, {"hex8_2p", 1000, 50}, {"square19_3p", 1600, 14}} {
		at := func(drop float64) Regression {
			return Regressed(Check{"1", "m", of(c.reference - drop), of(c.reference), &rating.Score{Players: 2, Wins: 10, Losses: 10}}, c.config, policy)
		}
		require.Equal(t, Worse, at(c.want+0.01), "%+v", c)
		require.Equal(t, Steady, at(c.want-0.01), "%+v", c)
	}
}

func TestRollbacksHaveLimits(t *testing.T) {
	t.Parallel()
	ago := func(hours ...float64) func(e *GuardEvidence) {
		return func(e *GuardEvidence) {
			for _, h := range hours {
				e.Rollbacks = append(e.Rollbacks, judgedAt.Add(-time.Duration(h*float64(time.Hour))))
			}
		}
	}
	for name, c := range map[string]struct {
		gate   string
		change func(e *GuardEvidence)
	}{
		"within the hour":           {"cooldown", ago(0.99)},
		"the fourth in a day":       {"daily_limit", ago(23.9, 5, 2)},
		"nobody knows of rollbacks": {"cooldown", func(e *GuardEvidence) { e.Rollbacks = nil }},
		"no fallback":               {"fallback", func(e *GuardEvidence) { e.Fallback = nil }},
		"the fallback is the same":  {"fallback", func(e *GuardEvidence) { e.Fallback.ModelID = e.Production.ModelID }},
		"the fallback is bad":       {"fallback_quarantine", func(e *GuardEvidence) { e.Fallback.Quarantined = of(true) }},
		"the fallback is gone":      {"fallback_loads", func(e *GuardEvidence) { e.Fallback.Loads = of(false) }},
		"the fallback is unknown":   {"fallback_loads", func(e *GuardEvidence) { e.Fallback.Loads = nil }},
		"a check counted twice":     {"evidence", func(e *GuardEvidence) { e.Checks[2].CheckID = e.Checks[1].CheckID }},
	} {
		verdict := Guard(office(func(e *GuardEvidence) { worse(e); c.change(e) }), DefaultGuardPolicy())
		require.Equal(t, Refused, verdict.Action, name)
		require.Equal(t, c.gate, verdict.Gate, "%s: %s", name, verdict.Reason)
		require.Empty(t, verdict.To+verdict.Quarantine, name)
	}
	require.Equal(t, Rollback, Guard(office(func(e *GuardEvidence) { worse(e); ago(24, 5, 2)(e) }), DefaultGuardPolicy()).Action)
}

func TestGuardEvidenceSurvivesStorage(t *testing.T) {
	t.Parallel()
	for _, e := range []GuardEvidence{{}, office(worse), office(func(e *GuardEvidence) { e.Rollbacks, e.Canonical = nil, nil })} {
		document, err := json.Marshal(e)
		require.NoError(t, err)
		var read GuardEvidence
		require.NoError(t, json.Unmarshal(document, &read))
		require.Equal(t, e, read)
		require.Equal(t, Guard(e, DefaultGuardPolicy()), Guard(read, DefaultGuardPolicy()))
	}
}

func TestGuardPolicyFaultsAreAllNamed(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultGuardPolicy().Validate())
	err := GuardPolicy{WinElo: -1, MinRating: 9000, DropByBoard: map[string]float64{"hex8": 0}, Random: ByPlayers[float64]{2, 0, 0}}.Validate()
	for _, fault := range []string{"name is empty", "games = 0", "win_elo = -1", "min_rating = 9000", "random = 2", "drop = 0", "drop_by_board hex8 = 0",
		"loss_elo = 0", "check_games = 0", "consecutive = 0", "rollbacks_per_day = 0"} {
		require.ErrorContains(t, err, fault)
	}
	verdict := Guard(office(worse), GuardPolicy{})
	require.Equal(t, Hold, verdict.Action, "a policy with faults does nothing")
	require.Equal(t, "policy", verdict.Gate)
}

// A stored decision about production is replayed, and one that was tampered with is named.
func TestGuardRecordsAreReplayed(t *testing.T) {
	t.Parallel()
	for _, e := range []GuardEvidence{{}, office(func(*GuardEvidence) {}), office(worse)} {
		document, err := json.Marshal(NewGuardRecord(e, DefaultGuardPolicy()))
		require.NoError(t, err)
		var record GuardRecord
		require.NoError(t, json.Unmarshal(document, &record))
		require.NoError(t, record.Replay())
		record.Verdict.Gates[0].Actual = "forged"
		require.ErrorContains(t, record.Replay(), "gate "+record.Verdict.Gates[0].Name)
		record = NewGuardRecord(e, DefaultGuardPolicy())
		record.Verdict.To = "another"
		require.ErrorContains(t, record.Replay(), "it is now")
		record.Verdict.Rules++
		require.ErrorContains(t, record.Replay(), "it was made by rules 2")
	}
}
