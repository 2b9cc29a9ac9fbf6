package tournamentdaemon

import (
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/tournament"
)

// meetings are who meets whom in the next tournament: the models each other, in their order, and then the baselines. With
// more than two players a pair meets in both ways, as one has a single seat. Those whose games are settled are left out,
// and so are the last ones if the games were more than a job may report: they are first where it goes on.
func meetings(models, baselines []string, met encounters, settings Settings) (pairings [][2]string) {
	rounds := (settings.GamesPerPair + met.players - 1) / met.players * met.players
	add := func(one, other string, mark float64) {
		if !met.settled(one, other, mark, settings) && (len(pairings)+1)*rounds <= ledger.MaxGames {
			pairings = append(pairings, [2]string{one, other})
		}
	}
	for i, one := range models {
		for _, other := range models[i+1:] {
			mark := met.parity(one, other)
			add(one, other, mark)
			if met.players > 2 {
				add(other, one, mark)
			}
		}
	}
	for _, model := range models {
		for _, baseline := range baselines {
			mark := nothing
			if model == met.canonical {
				mark = settings.Required[baseline].For(met.players)
			}
			add(model, baseline, mark)
		}
	}
	return pairings
}

// nothing is the mark of those on whose games no decision depends.
const nothing = 0.

// encounters are the tournaments in which participants have met, and who of them is in office.
type encounters struct {
	results []tournament.Result
	players int
	// The model in production is watched against the one that would follow, the fallback: what they have played before it
	// came there, since, is no news.
	production, fallback, canonical string
	since                           time.Time
}

// settled says whether two need no more games. They have met often enough; or as often as a decision asks for, and no
// decision depends on them, or it is certain on which side of the mark that decides their score is. A model in production
// that may be worse than the fallback is watched on, as several tournaments in a row have to say so.
func (e encounters) settled(one, other string, mark float64, settings Settings) bool {
	score := e.score(one, other)
	low, high, _ := score.Interval()
	switch games := score.Games(); {
	case games >= settings.GamesEnough:
		return true
	case games < settings.GamesLeast:
		return false
	case mark == nothing:
		return true
	case one == e.production && other == e.fallback:
		return low > mark
	}
	return low > mark || high < mark
}

// parity is the mark of two models, if one of them is in office.
func (e encounters) parity(one, other string) float64 {
	for _, model := range []string{e.production, e.fallback, e.canonical} {
		if model != "" && (model == one || model == other) {
			return 1 / float64(e.players)
		}
	}
	return nothing
}

// score of one that has met another, as far as it is news.
func (e encounters) score(one, other string) rating.Score {
	watched := one == e.production && other == e.fallback || one == e.fallback && other == e.production
	news := make([]tournament.Result, 0, len(e.results))
	for _, result := range e.results {
		if !watched || !result.MadeAt.Before(e.since) {
			news = append(news, result)
		}
	}
	return tournament.Score(news, e.players, one, other)
}

// playing are those of some participants who have a pairing.
func playing(participants []string, pairings [][2]string) (names []string) {
	plays := map[string]bool{}
	for _, pairing := range pairings {
		plays[pairing[0]], plays[pairing[1]] = true, true
	}
	for _, name := range participants {
		if plays[name] {
			names = append(names, name)
		}
	}
	return names
}
