package promotion

import "strings"

func evaluationIsOfCandidate(e Evidence, p Policy) Gate {
	threshold := e.Candidate.ModelID + " by protocol " + p.Protocol
	if e.Evaluation == nil {
		return missing(threshold, "the candidate has no evaluation")
	}
	actual := e.Evaluation.ModelID + " by protocol " + e.Evaluation.Protocol
	switch {
	case e.Evaluation.Failure != "":
		return decided(false, actual, threshold, "the evaluation did not complete: %s", e.Evaluation.Failure)
	case e.Evaluation.ModelID != e.Candidate.ModelID:
		return decided(false, actual, threshold, "the evaluation is of another model, %s", short(e.Evaluation.ModelID))
	case e.Evaluation.Protocol != p.Protocol:
		return decided(false, actual, threshold, "the evaluation is by protocol %s; protocol %s is in force", e.Evaluation.Protocol, p.Protocol)
	}
	return decided(true, actual, threshold, "evaluation %s is of this model", short(e.Evaluation.EvalID))
}

func opponentIsCanonical(e Evidence, _ Policy) Gate {
	if e.Canonical == nil {
		return missing("canonical", "it is unknown which model is canonical")
	}
	tally, played := e.headToHead()
	if !played {
		return missing(e.Canonical.ModelID, "head-to-head unavailable: no games against canonical %s were played", short(e.Canonical.ModelID))
	}
	reason := "the head-to-head is against %s, which is canonical"
	if tally.Opponent != e.Canonical.ModelID {
		reason = "the head-to-head is against %s, which is no longer canonical: evaluate against " + short(e.Canonical.ModelID)
	}
	return decided(tally.Opponent == e.Canonical.ModelID, tally.Opponent, e.Canonical.ModelID, reason, short(tally.Opponent))
}

func gamesAreValid(e Evidence, p Policy) Gate {
	threshold := atLeast(rate(p.ValidShare))
	var valid, all int64
	for _, tally := range e.tallies() {
		valid += tally.Score.Games()
		all += tally.Score.Games() + tally.Invalid
	}
	if all <= 0 {
		return missing(threshold, "no games were played")
	}
	share := float64(valid) / float64(all)
	return decided(share >= p.ValidShare, rate(share), threshold, "%d of %d games are valid", valid, all)
}

func gamesAreHonest(e Evidence, _ Policy) Gate {
	const threshold = "the files say what was reported"
	tallies := e.tallies()
	if len(tallies) == 0 {
		return missing(threshold, "no games were played")
	}
	replayed := true
	for _, tally := range tallies {
		switch {
		case tally.Recount == nil:
			return missing(threshold, "the games against %s were not counted again", tally.Opponent)
		case tally.Recount.ReplayErrors != nil && *tally.Recount.ReplayErrors != 0:
			return decided(false, count(*tally.Recount.ReplayErrors)+" games are wrong", threshold,
				"%d games against %s do not follow from their moves", *tally.Recount.ReplayErrors, tally.Opponent)
		case tally.Recount.Score != tally.Score:
			return decided(false, "the files say otherwise", threshold,
				"reported against %s were %d wins, %d draws, %d losses; the files have %d, %d, %d", tally.Opponent,
				tally.Score.Wins, tally.Score.Draws, tally.Score.Losses, tally.Recount.Score.Wins, tally.Recount.Score.Draws, tally.Recount.Score.Losses)
		}
		replayed = replayed && tally.Recount.ReplayErrors != nil
	}
	if replayed {
		return decided(true, threshold, threshold, "all games follow from their moves, and were counted again")
	}
	return decided(true, threshold, threshold, "all games were counted again; their moves were not replayed")
}

func baselinesHaveGames(e Evidence, p Policy) Gate {
	required := p.RequiredGames.For(e.Players)
	threshold := atLeast(count(required)) + " against each of " + strings.Join(p.Baselines, ", ")
	fewest, against := int64(-1), ""
	for _, name := range p.Baselines {
		tally, played := e.baseline(name)
		if !played {
			return missing(threshold, "no games against %s were played", name)
		}
		if games := tally.Score.Games(); fewest < 0 || games < fewest {
			fewest, against = games, name
		}
	}
	return decided(fewest >= required, count(fewest), threshold, "%d valid games against %s, %d are required", fewest, against, required)
}
