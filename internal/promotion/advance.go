package promotion

import "github.com/ringrift/orchestrator/internal/rating"

// advanceTests lists the gates of canonical → production. A config that has nothing in production asks for nothing
// relative to it.
func advanceTests(e GuardEvidence) []guardTest {
	list := []guardTest{
		{"policy", guardPolicyIsValid}, {"evidence", guardEvidenceIsValid}, {"production", productionIsKnown}, {"canonical", successorIsKnown},
		{"loads", successorLoads}, {"quarantine", successorIsFree}, {"harnesses", successorHasHarnesses},
		{"min_rating", successorIsRated}, {"random", successorBeatsRandom}, {"heuristic", successorBeatsHeuristic},
	}
	if e.Production != nil && e.Production.Sequence == 0 {
		return list
	}
	return append(list, guardTest{"rating_gain", successorGains}, guardTest{"head_to_head", successorWins})
}

func productionIsKnown(e GuardEvidence, _ GuardPolicy) Gate {
	const threshold = "known"
	if e.Production == nil {
		return missing(threshold, "it is unknown which model is in production")
	}
	return decided(true, threshold, threshold, "in production is %q", short(e.Production.ModelID))
}

func successorIsKnown(e GuardEvidence, _ GuardPolicy) Gate {
	const threshold = "another model than production"
	if e.Canonical == nil || e.Canonical.ModelID == "" {
		return missing(threshold, "it is unknown which model is canonical")
	}
	if e.Production == nil {
		return missing(threshold, "it is unknown which model is in production")
	}
	same := e.Canonical.ModelID == e.Production.ModelID
	reason := "canonical %s is not in production"
	if same {
		reason = "canonical %s is in production already"
	}
	return decided(!same, e.Canonical.ModelID, threshold, reason, short(e.Canonical.ModelID))
}

func (e GuardEvidence) standing() Standing {
	if e.Canonical == nil {
		return Standing{}
	}
	return *e.Canonical
}

func successorLoads(e GuardEvidence, _ GuardPolicy) Gate {
	return known(e.standing().Loads, true, "canonical loads", "the workload reads canonical", "the workload cannot read canonical")
}

func successorIsFree(e GuardEvidence, _ GuardPolicy) Gate {
	return known(e.standing().Quarantined, false, "canonical is in quarantine", "canonical is in quarantine", "canonical is not in quarantine")
}

func successorHasHarnesses(e GuardEvidence, p GuardPolicy) Gate {
	threshold := atLeast(count(p.MinHarnesses))
	harnesses := e.standing().Harnesses
	if harnesses == nil {
		return missing(threshold, "it is unknown in how many harnesses canonical was rated")
	}
	return decided(*harnesses >= p.MinHarnesses, count(*harnesses), threshold, "canonical was rated in %d harnesses", *harnesses)
}

func successorIsRated(e GuardEvidence, p GuardPolicy) Gate {
	threshold := atLeast(elo(p.MinRating)) + " Elo"
	rated := e.standing().Rating
	if rated == nil {
		return missing(threshold, "the rating of canonical is unknown")
	}
	return decided(*rated >= p.MinRating, elo(*rated), threshold, "canonical is rated %s Elo", elo(*rated))
}

func successorBeatsRandom(e GuardEvidence, p GuardPolicy) Gate {
	return beats(e.standing().Random, Random, p.Random.For(e.Players), p.Games)
}

func successorBeatsHeuristic(e GuardEvidence, p GuardPolicy) Gate {
	return beats(e.standing().Heuristic, Heuristic, p.Heuristic.For(e.Players), p.Games)
}

// beats asks for a rate against a baseline over enough games; a rate of 0 asks for nothing.
func beats(score *rating.Score, baseline string, least float64, games int64) Gate {
	threshold := atLeast(rate(least)) + " over " + atLeast(count(games)) + " games"
	if least == 0 {
		return decided(true, "not asked", "not demanded", "the policy does not ask for games against %s", baseline)
	}
	if score == nil || score.Games() <= 0 {
		return missing(threshold, "no games of canonical against %s are known", baseline)
	}
	reached, _ := score.Rate()
	return decided(reached >= least && score.Games() >= games, rate(reached)+" over "+count(score.Games())+" games", threshold,
		"the rate of canonical against %s is %s over %d games", baseline, rate(reached), score.Games())
}

func successorGains(e GuardEvidence, p GuardPolicy) Gate {
	threshold := atLeast(elo(p.RatingGain)) + " Elo"
	rated := e.standing().Rating
	if rated == nil || e.ProductionRating == nil {
		return missing(threshold, "the rating of canonical or of production is unknown")
	}
	gain := *rated - *e.ProductionRating
	return decided(gain >= p.RatingGain, elo(gain), threshold, "canonical is rated %s Elo, production %s", elo(*rated), elo(*e.ProductionRating))
}

func successorWins(e GuardEvidence, p GuardPolicy) Gate {
	least := rating.Expected(p.WinElo, max(e.Players, 2))
	threshold := atLeast(rate(least)) + " over " + atLeast(count(p.Games)) + " games, lower bound at parity"
	if e.HeadToHead == nil || e.HeadToHead.Score.Games() <= 0 {
		return missing(threshold, "no games of canonical against production are known")
	}
	if e.Production == nil || e.HeadToHead.ModelID != e.standing().ModelID || e.HeadToHead.Opponent != e.Production.ModelID {
		return missing(threshold, "the head-to-head is %s against %s, not canonical against production", short(e.HeadToHead.ModelID), short(e.HeadToHead.Opponent))
	}
	score := e.HeadToHead.Score
	reached, _ := score.Rate()
	low, high, _ := score.Interval()
	won := score.Games() >= p.Games && reached >= least && low >= score.Parity()
	return decided(won, rate(reached)+" over "+count(score.Games())+" games", threshold,
		"canonical against production: rate %s (%s to %s) over %d games, parity %s", rate(reached), rate(low), rate(high), score.Games(), rate(score.Parity()))
}
