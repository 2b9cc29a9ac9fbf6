package pipeline

import (
	"context"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// GamesOf returns the games of a report's file. Those that an attempt before it had recorded are in that one's batch, so
// attempts are read from the last one on until there are as many as the file has.
func GamesOf(ctx context.Context, l *ledger.Ledger, report jobs.Report) (all []ledger.Game, err error) {
	file, err := OutputOf(report, workload.RoleGames)
	if err != nil {
		return nil, err
	}
	for attempt := report.Attempt; attempt > 0; attempt-- {
		page := ledger.Page{Limit: 1000}
		for {
			part, err := l.GamesOfBatch(ctx, jobs.BatchID(report.JobID, attempt), page)
			if err != nil {
				return nil, err
			}
			all = append(all, part.Items...)
			if part.Next == "" {
				break
			}
			page.After = part.Next
		}
		if file.Records == nil || int64(len(all)) >= *file.Records {
			break
		}
	}
	return all, nil
}

// CountGame adds a game to the scores by seat of the one player who has the seat.
func CountGame(bySeat []workload.Score, seat int, winner int64) {
	score := &bySeat[seat]
	switch winner {
	case ledger.UnknownWinner:
		return // it counts for nobody
	case ledger.Draw:
		score.Draws++
	case int64(seat) + 1:
		score.Wins++
	default:
		score.Losses++
	}
	score.Games++
}

// Balanced says whether seats were played equally often, but for a round that was not ended and for games that are invalid.
func Balanced(bySeat []workload.Score, invalid int) bool {
	byGames := func(a, b workload.Score) int { return a.Games - b.Games }
	return slices.MaxFunc(bySeat, byGames).Games-slices.MinFunc(bySeat, byGames).Games <= 1+invalid
}

// Matches are what ratings are computed from: one for each seat that a player had against an opponent in all others. What
// they have in common is given.
func Matches(common ledger.Match, player, opponent string, bySeat []workload.Score) (all []ledger.Match) {
	for seat, score := range bySeat {
		if score.Games == 0 {
			continue
		}
		one := common
		one.Participants, one.Outcomes = seated(len(bySeat), seat, player, opponent), endings(score, len(bySeat), seat)
		all = append(all, one)
	}
	return all
}

func seated(players, seat int, player, opponent string) []string {
	names := make([]string, players)
	for i := range names {
		names[i] = opponent
	}
	names[seat] = player
	return names
}

// endings of a score in one seat. Which of several opponents has won does not matter: they are the same player. Who came
// after the winner is not known.
func endings(score workload.Score, players, seat int) (all []ledger.Outcome) {
	add := func(games int, rank func(at int) int) {
		if games == 0 {
			return
		}
		ranks := make([]int, players)
		for at := range ranks {
			ranks[at] = rank(at)
		}
		all = append(all, ledger.Outcome{Ranks: ranks, Games: int64(games)})
	}
	wonBy := func(winner int) func(int) int {
		return func(at int) int {
			if at == winner {
				return 1
			}
			return 2
		}
	}
	add(score.Wins, wonBy(seat))
	add(score.Draws, func(int) int { return 1 })
	add(score.Losses, wonBy((seat+1)%players))
	return all
}

// RatingNews are the events of the ratings of players, baselines with a given rating excepted. Told again they are the
// same.
func RatingNews(players []string, now, before ledger.RatingSnapshot) (told []bus.Payload) {
	for _, name := range players {
		rated, found := RatingOf(now, name)
		if !found || rated.Low == rated.High {
			continue
		}
		update := bus.EloUpdated{
			Config: bus.ConfigOf(now.ConfigKey), ParticipantID: name, Harness: now.Harness, Snapshot: now.Sequence, NewElo: rated.Rating,
			EloLow: rated.Low, EloHigh: rated.High, GamesPlayed: rated.Games,
		}
		if old, found := RatingOf(before, name); found {
			update.OldElo = &old.Rating
		}
		told = append(told, update)
	}
	return told
}
