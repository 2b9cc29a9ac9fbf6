package promotion

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// gateOf returns a gate of a verdict by name.
func gateOf(t *testing.T, gates []Gate, name string) Gate {
	t.Helper()
	for _, gate := range gates {
		if gate.Name == name {
			return gate
		}
	}
	require.Fail(t, "no such gate", name)
	return Gate{}
}

func TestAProvenCandidateIsPromoted(t *testing.T) {
	t.Parallel()
	verdict := Judge(proven(), strict())
	require.True(t, verdict.Promote, "%+v", verdict)
	require.Equal(t, Challenge, verdict.Path)
	require.Equal(t, proven().Candidate.ModelID, verdict.ModelID)
	require.Equal(t, proven().Canonical.ModelID, verdict.Replaces)
	require.Equal(t, "head_to_head", verdict.Gate)
	require.Contains(t, verdict.Reason, "the sequential test accepts: rate 0.7250 (0.6593 to 0.7822) over 200 games, parity 0.5000")
	for _, gate := range verdict.Gates {
		require.True(t, gate.Passed, "%+v", gate)
		require.NotEmpty(t, gate.Actual, gate.Name)
		require.NotEmpty(t, gate.Threshold, gate.Name)
		require.NotEmpty(t, gate.Reason, gate.Name)
	}
}

// Each gate fails where it should, and is missing where what it asks about is unknown.
func TestGates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ failing, missing []func(e *Evidence) }{
		"loads":      {do(func(e *Evidence) { e.Candidate.Loads = of(false) }), do(func(e *Evidence) { e.Candidate.Loads = nil })},
		"finite":     {do(func(e *Evidence) { e.Candidate.Finite = of(false) }), do(func(e *Evidence) { e.Candidate.Finite = nil })},
		"quarantine": {do(func(e *Evidence) { e.Candidate.Quarantined = of(true) }), do(func(e *Evidence) { e.Candidate.Quarantined = nil })},
		"canonical": {do(func(e *Evidence) { e.Canonical.Loads = of(false) }),
			do(func(e *Evidence) { e.Canonical = nil }, func(e *Evidence) { e.Canonical.Loads = nil })},
		"difference": {do(func(e *Evidence) { e.Canonical.ModelID, e.Canonical.SHA256 = e.Candidate.ModelID, e.Candidate.SHA256 }),
			do(func(e *Evidence) { e.Canonical = nil })},
		"evaluation": {do(func(e *Evidence) { e.Evaluation.Failure = "exit code 40" }, func(e *Evidence) { e.Evaluation.ModelID = "another" },
			func(e *Evidence) { e.Evaluation.Protocol = "0" }), do(func(e *Evidence) { e.Evaluation = nil })},
		"opponent": {do(func(e *Evidence) { e.Evaluation.HeadToHead.Opponent = "another" }),
			do(func(e *Evidence) { e.Evaluation.HeadToHead = nil }, func(e *Evidence) { e.Canonical = nil }, func(e *Evidence) { e.Evaluation = nil })},
		"valid_games": {do(func(e *Evidence) { e.Evaluation.HeadToHead.Invalid = 200 }),
			do(func(e *Evidence) { e.Evaluation.Baselines, e.Evaluation.HeadToHead = nil, nil }, func(e *Evidence) { e.Evaluation = nil })},
		"integrity": {do(func(e *Evidence) { e.Evaluation.HeadToHead.Recount.ReplayErrors = wrong(1) }, func(e *Evidence) { e.Evaluation.Baselines[1].Recount.Score.Wins-- }),
			do(func(e *Evidence) { e.Evaluation.Baselines[0].Recount = nil }, func(e *Evidence) { e.Evaluation = nil })},
		"baseline_games": {do(func(e *Evidence) { e.Evaluation.Baselines[0] = tally(Random, 49, 0, 0) }),
			do(func(e *Evidence) { e.Evaluation.Baselines = e.Evaluation.Baselines[1:] }, func(e *Evidence) { e.Evaluation = nil })},
		"floor": {do(func(e *Evidence) { e.Evaluation.Baselines[0] = tally(Random, 50, 0, 14) }),
			do(func(e *Evidence) { e.Evaluation.Baselines = nil }, func(e *Evidence) { e.Evaluation.Baselines[0] = tally(Random, 0, 0, 0) })},
		"head_to_head": {do(func(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, 100, 0, 100) },
			func(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, 19, 0, 0) },
			func(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, 314, 0, 286) }),
			do(func(e *Evidence) { e.Evaluation.HeadToHead = nil }, func(e *Evidence) { e.Evaluation = nil })},
		"rating": {do(func(e *Evidence) { even(e); e.CandidateRating = of(1504.9) }),
			do(func(e *Evidence) { even(e); e.CandidateRating = nil }, func(e *Evidence) { even(e); e.CanonicalRating = nil })},
		"data_quality": {do(func(e *Evidence) { e.Quality.Mean = 0.54 }, func(e *Evidence) { e.Quality.Games = 99 }), do(func(e *Evidence) { e.Quality = nil })},
		"calibration":  {do(func(e *Evidence) { e.Calibrated = of(false) }), do(func(e *Evidence) { e.Calibrated = nil })},
		"cooldown": {do(func(e *Evidence) { e.Canonical.MovedAt = judgedAt.Add(-299e9) }, func(e *Evidence) { e.Canonical.MovedAt = judgedAt.Add(1) }),
			do(func(e *Evidence) { e.Canonical = nil })},
		"evidence": {failing: do(func(e *Evidence) { e.Players = 3 }, func(e *Evidence) { e.Candidate.ModelID = "0123456789abcdef" },
			func(e *Evidence) { e.Evaluation.HeadToHead.Score.Wins = -1 }, func(e *Evidence) { e.Evaluation.Baselines[1].Opponent = Random },
			func(e *Evidence) { e.Canonical.ModelID = "" }, func(e *Evidence) { e.Evaluation.HeadToHead.Invalid = -1 })},
	} {
		for i, change := range append(c.failing, c.missing...) {
			verdict := Judge(with(change), strict())
			gate := gateOf(t, verdict.Gates, name)
			require.False(t, verdict.Promote, "%s %d", name, i)
			require.False(t, gate.Passed, "%s %d: %+v", name, i, gate)
			require.Equal(t, i >= len(c.failing), gate.Missing, "%s %d: %+v", name, i, gate)
			require.Equal(t, gate.Missing, gate.Actual == Unknown, "%s %d: %+v", name, i, gate)
		}
	}
}

func do(changes ...func(e *Evidence)) []func(e *Evidence) { return changes }

// even makes the head-to-head say nothing.
func even(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, 105, 0, 95) }

func TestWhatPolicyDoesNotDemandIsNotAsked(t *testing.T) {
	t.Parallel()
	unknown := with(func(e *Evidence) {
		e.Quality, e.Calibrated, e.GamesOwned, e.CandidateRating = nil, nil, nil, nil
	})
	require.True(t, Judge(unknown, DefaultPolicy()).Promote)
	failing := with(func(e *Evidence) { e.Calibrated = of(false) })
	require.Equal(t, "calibration", Judge(failing, DefaultPolicy()).Gate, "a calibration that fails is never passed")
}

// 58 % over 200 games wins where the test is still open; what the test rejects, no rate wins.
func TestAClearRateWinsAnOpenTest(t *testing.T) {
	t.Parallel()
	open := with(func(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, 117, 0, 83) })
	verdict := Judge(open, strict())
	require.True(t, verdict.Promote, verdict.Reason)
	require.Contains(t, verdict.Reason, "the test is undecided, but the rate is clear")
	for name, c := range map[string]struct {
		wins, losses int64
		policy       func(p *Policy)
	}{
		"only the test counts": {117, 83, func(p *Policy) { p.RateGames = 0 }},
		"the test rejects":     {117, 83, func(p *Policy) { p.SPRT.Elo1 = 200 }},
		"too few games":        {110, 80, func(*Policy) {}},
		"too low a rate":       {115, 85, func(*Policy) {}},
		"parity is possible":   {18, 12, func(p *Policy) { p.RateGames = 30 }},
	} {
		policy := strict()
		c.policy(&policy)
		require.NoError(t, policy.Validate(), name)
		verdict := Judge(with(func(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, c.wins, 0, c.losses) }), policy)
		require.False(t, verdict.Promote, name)
		require.Equal(t, "head_to_head", verdict.Gate, name)
	}
}

func TestTheFirstModelOfAConfig(t *testing.T) {
	t.Parallel()
	first := func(change func(e *Evidence)) Verdict {
		return Judge(with(func(e *Evidence) {
			e.Canonical, e.Evaluation.HeadToHead, e.CanonicalRating = &Pointer{}, nil, nil
			e.Evaluation.Baselines[0] = tally(Random, 50, 0, 14) // above the bootstrap floor, below the other
			change(e)
		}), strict())
	}
	verdict := first(func(*Evidence) {})
	require.True(t, verdict.Promote, "%+v", verdict)
	require.Equal(t, Bootstrap, verdict.Path)
	require.Empty(t, verdict.Replaces)
	require.Equal(t, "floor", verdict.Gate)
	require.False(t, first(func(e *Evidence) { e.Evaluation.Baselines[0] = tally(Random, 40, 0, 24) }).Promote)
	require.Equal(t, "evaluation", first(func(e *Evidence) { e.Evaluation = nil }).Gate)

	unknown := first(func(e *Evidence) { e.Canonical = nil }) // not known to be the first
	require.Equal(t, Challenge, unknown.Path)
	require.Equal(t, "canonical", unknown.Gate)
}

// Bar 4 of issue 4: no promotion on bad evidence, each rejected with the right reason.
func TestBadEvidenceIsRejectedWithTheRightReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		evidence     Evidence
		gate, reason string
	}{
		"re-saved canonical": {with(func(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, 98, 2, 100) }),
			"head_to_head", "not proven stronger than canonical"},
		"random weights":                {with(func(e *Evidence) { e.Evaluation.Baselines[0] = tally(Random, 33, 1, 30) }), "floor", "the floor is 0.7500"},
		"canonical's file is gone":      {with(func(e *Evidence) { e.Canonical.Loads = of(false) }), "canonical", "head-to-head unavailable"},
		"nobody knows who is canonical": {with(func(e *Evidence) { e.Canonical = nil }), "canonical", "head-to-head unavailable"},
		"not played against canonical":  {with(func(e *Evidence) { e.Evaluation.HeadToHead = nil }), "opponent", "head-to-head unavailable"},
		"too few games":                 {with(func(e *Evidence) { e.Evaluation.Baselines[0] = tally(Random, 30, 0, 0) }), "baseline_games", "30 valid games against random, 50 are required"},
		"too few games head-to-head": {with(func(e *Evidence) { *e.Evaluation.HeadToHead = tally(e.Canonical.ModelID, 10, 0, 0) }),
			"head_to_head", "over 10 games"},
		"tampered tally": {with(func(e *Evidence) {
			e.Evaluation.HeadToHead.Recount.Score.Wins -= 40
			e.Evaluation.HeadToHead.Recount.Score.Losses += 40
		}),
			"integrity", "the files have 100, 10, 90"},
		"tampered games": {with(func(e *Evidence) { e.Evaluation.HeadToHead.Recount.ReplayErrors = wrong(3) }), "integrity", "3 games against"},
		"evaluator crash": {with(func(e *Evidence) {
			*e.Evaluation = Evaluation{EvalID: "e1", ModelID: e.Candidate.ModelID, Protocol: "1", Failure: "exit code 40"}
		}), "evaluation", "did not complete: exit code 40"},
		"most games crashed": {with(func(e *Evidence) { e.Evaluation.Baselines[0].Invalid = 90 }), "valid_games", "of 418 games are valid"},
		"two candidates at once": {with(func(e *Evidence) { // the other one became canonical meanwhile
			e.Canonical.ModelID, e.Canonical.SHA256 = model("b")
			e.Canonical.Sequence++
		}), "opponent", "the head-to-head is against aaaaaaaa, which is no longer canonical: evaluate against bbbbbbbb"},
		"quarantined":      {with(func(e *Evidence) { e.Candidate.Quarantined = of(true) }), "quarantine", "in quarantine"},
		"canonical itself": {with(func(e *Evidence) { e.Canonical.ModelID, e.Canonical.SHA256 = e.Candidate.ModelID, e.Candidate.SHA256 }), "difference", "canonical model itself"},
	} {
		verdict := Judge(c.evidence, DefaultPolicy())
		require.False(t, verdict.Promote, name)
		require.Equal(t, c.gate, verdict.Gate, "%s: %s", name, verdict.Reason)
		require.Contains(t, verdict.Reason, c.reason, name)
	}
}

// Parity, floors and thresholds follow the number of players: what is 58 % for two is 41 % for three.
func TestThreePlayersAreJudgedByTheirParity(t *testing.T) {
	t.Parallel()
	three := func(wins, losses int64) Verdict {
		return Judge(with(func(e *Evidence) {
			e.ConfigKey, e.Players = "sq5_3p", 3
			e.Evaluation.Baselines[0], *e.Evaluation.HeadToHead = tally(Random, 80, 0, 10), tally(e.Canonical.ModelID, wins, 0, losses)
			for _, score := range []*Tally{&e.Evaluation.Baselines[0], &e.Evaluation.Baselines[1], e.Evaluation.HeadToHead} {
				score.Score.Players, score.Recount.Score.Players = 3, 3
			}
		}), strict())
	}
	require.True(t, three(110, 100).Promote, "52 % of three")
	require.False(t, three(70, 140).Promote, "33 % of three")
}

// Games that were counted again and not replayed are told from those that follow from their moves.
func TestWhatWasNotReplayedIsSaid(t *testing.T) {
	t.Parallel()
	integrity := func(e Evidence) string {
		verdict := Judge(e, strict())
		require.True(t, verdict.Promote, verdict.Reason)
		for _, gate := range verdict.Gates {
			if gate.Name == "integrity" {
				return gate.Reason
			}
		}
		return ""
	}
	require.Contains(t, integrity(with(func(*Evidence) {})), "follow from their moves")
	require.Contains(t, integrity(with(func(e *Evidence) { e.Evaluation.HeadToHead.Recount.ReplayErrors = nil })), "were not replayed")
}

func TestAPolicyWithFaultsJudgesNothing(t *testing.T) {
	t.Parallel()
	policy := DefaultPolicy()
	policy.PlayedGames.Two = 30
	verdict := Judge(proven(), policy)
	require.False(t, verdict.Promote)
	require.Equal(t, "policy", verdict.Gate)
	require.Contains(t, verdict.Reason, "played_games of 2 players = 30")
	require.False(t, Judge(Evidence{}, Policy{}).Promote)
	require.False(t, strings.Contains(verdict.Reason, "\n"))
}

func TestPolicyFaultsAreAllNamed(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultPolicy().Validate())
	require.NoError(t, strict().Validate())
	err := Policy{Baselines: []string{Heuristic}, ValidShare: 2, RateGames: 5, RatingGain: -1, YoungRatingGain: 3, Quality: 7, CooldownSeconds: -1}.Validate()
	for _, fault := range []string{"name is empty", "protocol is empty", "baselines = [heuristic]", "valid_share = 2", "required_games of 2 players = 0",
		"required_games of 4 players = 0", "floor of 3 players = 0", "bootstrap_floor of 2 players = 0", "sprt: elo0", "rate_games = 5", "rate_elo = 0",
		"rating_gain = -1", "young_rating_gain = 3", "quality = 7", "cooldown_seconds = -1"} {
		require.ErrorContains(t, err, fault)
	}
	unreachable := DefaultPolicy()
	unreachable.Floor.Two = 0.95
	require.ErrorContains(t, unreachable.Validate(), "at most 0.929, the lower bound of 50 wins in 50 games")
}

func TestLabelsOpenNoDoor(t *testing.T) {
	t.Parallel()
	labelled := func(change func(e *Evidence)) (earned, unknown []string) {
		verdict := Judge(with(change), DefaultPolicy())
		require.True(t, verdict.Promote, verdict.Reason)
		for _, label := range verdict.Labels {
			if label.Earned {
				earned = append(earned, label.Name)
			}
			if label.Missing {
				unknown = append(unknown, label.Name)
			}
		}
		return earned, unknown
	}
	strong := func(e *Evidence) {
		e.ConfigKey = "hex8_2p"
		e.Evaluation.Baselines[0], e.Evaluation.Baselines[1] = tally(Random, 64, 0, 0), tally(Heuristic, 60, 0, 4)
	}
	earned, unknown := labelled(strong)
	require.Equal(t, []string{"rating_tier", "games_tier", "board_tier"}, earned)
	require.Empty(t, unknown)
	earned, _ = labelled(func(e *Evidence) { strong(e); e.Evaluation.Baselines[1] = tally(Heuristic, 39, 0, 25) })
	require.Equal(t, []string{"games_tier"}, earned)
	earned, unknown = labelled(func(e *Evidence) { e.Evaluation.Baselines = e.Evaluation.Baselines[:1] })
	require.Empty(t, earned)
	require.Equal(t, []string{"rating_tier", "games_tier", "board_tier"}, unknown)
}
