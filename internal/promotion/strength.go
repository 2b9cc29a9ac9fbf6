package promotion

import (
	"fmt"

	"github.com/ringrift/orchestrator/internal/rating"
)

// floorAgainstRandom asks for the lower bound of the rate, so that few games never pass for strength.
func floorAgainstRandom(e Evidence, p Policy) Gate {
	floor := p.Floor.For(e.Players)
	if e.path() == Bootstrap {
		floor = p.BootstrapFloor.For(e.Players)
	}
	threshold := atLeast(rate(floor))
	tally, played := e.baseline(Random)
	low, high, ok := tally.Score.Interval()
	if !played || !ok {
		return missing(threshold, "no games against random were played")
	}
	return decided(low >= floor, rate(low), threshold, "the rate against random is between %s and %s (95 %%, %d games); the floor is %s",
		rate(low), rate(high), tally.Score.Games(), rate(floor))
}

// headToHeadIsWon by the sequential test; or by a clear rate over enough games, unless the test rejects it.
func headToHeadIsWon(e Evidence, p Policy) Gate {
	threshold := fmt.Sprintf("log-likelihood ratio ≥ %.2f", p.SPRT.Test(rating.Score{Players: max(e.Players, 2)}).Upper)
	tally, played := e.headToHead()
	score := tally.Score
	reached, ok := score.Rate()
	low, high, _ := score.Interval()
	if !played || !ok {
		return missing(threshold, "head-to-head unavailable: no games were played")
	}
	result := p.SPRT.Test(score)
	actual := fmt.Sprintf("%.2f", result.LLR)
	games := fmt.Sprintf("rate %s (%s to %s) over %d games, parity %s", rate(reached), rate(low), rate(high), score.Games(), rate(score.Parity()))
	switch {
	case result.State == rating.Accepted:
		return decided(true, actual, threshold, "the sequential test accepts: %s", games)
	case result.State != rating.Rejected && p.clearRate(score):
		return decided(true, actual, threshold, "the test is %s, but the rate is clear: %s", result.State, games)
	}
	return decided(false, actual, threshold, "not proven stronger than canonical, the test is %s: %s", result.State, games)
}

// clearRate says whether a rate over enough games is as high as the policy asks, and surely above parity.
func (p Policy) clearRate(score rating.Score) bool {
	reached, ok := score.Rate()
	low, _, _ := score.Interval()
	return ok && p.RateGames > 0 && score.Games() >= p.RateGames &&
		reached >= rating.Expected(p.RateElo, score.Players) && low > score.Parity()
}

// ratingGains asks for a higher rating, which a won head-to-head makes up for.
func ratingGains(e Evidence, p Policy) Gate {
	least := p.RatingGain
	if e.GamesOwned != nil && *e.GamesOwned < p.YoungGames {
		least = p.YoungRatingGain
	}
	threshold := atLeast(elo(least)) + " Elo, or a won head-to-head"
	won := headToHeadIsWon(e, p).Passed
	if e.CandidateRating == nil || e.CanonicalRating == nil {
		if won {
			return decided(true, Unknown, threshold, "a rating is unknown, but the head-to-head is won")
		}
		return missing(threshold, "the rating of the candidate or of canonical is unknown, and the head-to-head is not won")
	}
	gain := *e.CandidateRating - *e.CanonicalRating
	return decided(gain >= least || won, elo(gain), threshold, "rated %s Elo, canonical %s; the head-to-head is %s",
		elo(*e.CandidateRating), elo(*e.CanonicalRating), map[bool]string{true: "won", false: "not won"}[won])
}
