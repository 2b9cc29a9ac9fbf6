package main

import (
	"context"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

// maxPairings bounds one match.
const maxPairings = 1_000

// match plays participants against each other, pairing by pairing.
func match(ctx context.Context, task *adapter.Task) (any, error) {
	return inSession(ctx, task, newMatch, (*session).match)
}

func (s *session) match(ctx context.Context, file *gamesFile, params workload.MatchParams) (any, error) {
	started := time.Now()
	var err error
	var metrics workload.MatchMetrics
	games := balanced(params.GamesPerPair, s.rules.Players)
	for i, pairing := range params.Pairings {
		result := newPairResult(pairing, s.rules.Players)
		err = s.playPairing(ctx, file, &result, params, i*games, (i+1)*games)
		metrics.Pairs = append(metrics.Pairs, result)
		if err != nil {
			break
		}
	}
	err = file.finish(err)
	metrics.ElapsedSeconds = time.Since(started).Seconds()
	s.task.Count("games", int64(s.done))
	return unlessEmpty(metrics, s.done), err
}

// newMatch casts the participants in their order.
func newMatch(task *adapter.Task, rules *game.Rules, params workload.MatchParams) (*session, error) {
	budget, err := budgetOf(params.SearchBudget, judgingBudget)
	if err != nil {
		return nil, err
	}
	if err := checkMatch(rules, params); err != nil {
		return nil, err
	}
	s := &session{task: task, rules: rules, table: play.Table{Opening: orOff(params.OpeningPlies, judgingPlies)}}
	s.total = len(params.Pairings) * balanced(params.GamesPerPair, rules.Players)
	for _, one := range params.Participants {
		who, err := cast(task, rules, "participants", one.Player, style{budget, harnessSearch, 0})
		if err != nil {
			return nil, err
		}
		who.seat.Name = one.ID
		s.cast = append(s.cast, who)
	}
	return s, nil
}

func checkMatch(rules *game.Rules, params workload.MatchParams) error {
	seats := orDefault(params.Seats, workload.SeatsBalanced)
	switch {
	case params.GamesPerPair < 1 || params.GamesPerPair > maxGames:
		return badRequest("games_per_pair = %d: use 1 to %d", params.GamesPerPair, maxGames)
	case seats != workload.SeatsBalanced:
		return badRequest("seats = %q: use %s", seats, workload.SeatsBalanced)
	case len(params.Pairings) < 1 || len(params.Pairings) > maxPairings:
		return badRequest("pairings: %d given: use 1 to %d", len(params.Pairings), maxPairings)
	}
	for _, pairing := range params.Pairings {
		if len(pairing) < 2 || len(pairing) > rules.Players {
			return badRequest("pairings: %q has %d participants: use 2 to %d", pairing, len(pairing), rules.Players)
		}
		for _, id := range pairing {
			if participantNumber(params, id) < 0 {
				return badRequest("pairings: %q is not one of the participants", id)
			}
		}
	}
	for i, one := range params.Participants {
		if one.ID == "" || participantNumber(params, one.ID) != i {
			return badRequest("participants.id = %q: use a name, and each only once", one.ID)
		}
	}
	return checkOpening(params.OpeningPlies)
}

func participantNumber(params workload.MatchParams, id string) int {
	return slices.IndexFunc(params.Participants, func(p workload.Participant) bool { return p.ID == id })
}

// playPairing plays the games numbered first to end-1. The seats rotate by one from game to game, and an opening
// is played in every rotation before the next one.
func (s *session) playPairing(ctx context.Context, file *gamesFile, result *workload.PairResult, params workload.MatchParams, first, end int) error {
	players := s.rules.Players
	return s.series(ctx, first, end,
		func(index int) fixture {
			seats := make([]int, players)
			for seat := range seats {
				seats[seat] = participantNumber(params, result.Pairing[place(seat, index-first, players, len(result.Pairing))])
			}
			return fixture{seats, s.opening(params.OpeningSeeds, (index-first)/players)}
		},
		func(record play.Record) error {
			result.Games++
			if record.Winner == game.None {
				result.Draws++
			}
			for seat := range players {
				who := place(seat, record.Index-first, players, len(result.Pairing))
				scoreGame(result.Participants[who].BySeat, seat, record.Winner)
			}
			return file.put(record)
		})
}

// place tells which participant of a pairing sits at a seat in a numbered game; the last one takes the seats that
// are left.
func place(seat, number, players, participants int) int {
	return min((seat+players-number%players)%players, participants-1)
}

func newPairResult(pairing []string, players int) workload.PairResult {
	result := workload.PairResult{Pairing: pairing}
	for _, id := range pairing {
		result.Participants = append(result.Participants, workload.ParticipantResult{ID: id, BySeat: make([]workload.Score, players)})
	}
	return result
}
