package tournamentdaemon

import (
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/tournament"
)

// meetings are who meets whom in the next tournament: the models each other, in their order, and then the baselines. With
// more than two players a pair meets in both ways, as one has a single seat. Those who have met often enough are left
// out, and so are the last ones if the games were more than a job may report: they are first where it goes on.
func meetings(models, baselines []string, players int, met encounters, settings Settings) (pairings [][2]string) {
	rounds := (settings.GamesPerPair + players - 1) / players * players
	add := func(one, other string) {
		if met.games(players, one, other) < settings.GamesEnough && (len(pairings)+1)*rounds <= ledger.MaxGames {
			pairings = append(pairings, [2]string{one, other})
		}
	}
	for i, one := range models {
		for _, other := range models[i+1:] {
			add(one, other)
			if players > 2 {
				add(other, one)
			}
		}
	}
	for _, model := range models {
		for _, baseline := range baselines {
			add(model, baseline)
		}
	}
	return pairings
}

// encounters are the tournaments in which participants have met, and whose past does not count: the model in production
// is watched against the one that would follow, so what they have played before it came there is no news.
type encounters struct {
	results              []tournament.Result
	production, fallback string
	since                time.Time
}

// games that two have played.
func (e encounters) games(players int, one, other string) (games int64) {
	watched := one == e.production && other == e.fallback || one == e.fallback && other == e.production
	for _, result := range e.results {
		if !watched || !result.MadeAt.Before(e.since) {
			games += result.Score(players, one, other).Games()
		}
	}
	return games
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
