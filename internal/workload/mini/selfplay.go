package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

// Defaults and bounds of self-play.
const (
	selfplayBudget  = 48
	sampledPlies    = 6
	noiseShare      = 0.25
	maxGames        = 1_000_000_000
	maxOpeningPlies = 8
)

// selfplay plays a model against itself, and in a share of the games against opponents.
func selfplay(ctx context.Context, task *adapter.Task) (any, error) {
	return inSession(ctx, task, newSelfplay, (*session).selfplay)
}

func (s *session) selfplay(ctx context.Context, file *gamesFile, params workload.SelfplayParams) (any, error) {
	task, rules := s.task, s.rules
	tally := newSelfplayTally(rules.Players)
	played := s.series(ctx, 0, params.Games, func(index int) fixture { return selfplayFixture(task, rules, params, index) },
		func(record play.Record) error {
			tally.add(record)
			return file.put(record)
		})
	err := file.finish(played)
	task.Count("games", int64(tally.games))
	task.Count("samples", tally.samples)
	return tally.metrics(), err
}

// newSelfplay casts the model as number 0 and the opponents after it.
func newSelfplay(task *adapter.Task, rules *game.Rules, params workload.SelfplayParams) (*session, error) {
	if err := checkSelfplay(rules, params); err != nil {
		return nil, err
	}
	budget, err := budgetOf(params.SearchBudget, selfplayBudget)
	if err != nil {
		return nil, err
	}
	how := style{budget, orDefault(params.EngineMode, harnessSearch), orOff(params.Exploration, noiseShare)}
	s := &session{task: task, rules: rules, total: params.Games}
	s.table = play.Table{Opening: orOff(params.OpeningPlies, 0), SampledPlies: sampledPlies, Temperature: orOff(params.Temperature, 1), MaxMoves: params.MaxMoves}
	who, err := castModel(task, rules, "engine_mode", params.Model, how)
	if err != nil {
		return nil, err
	}
	s.cast = append(s.cast, who)
	for _, opponent := range params.Opponents {
		who, err := cast(task, rules, "opponents", opponent.Player, how)
		if err != nil {
			return nil, err
		}
		s.cast = append(s.cast, who)
	}
	return s, nil
}

func checkSelfplay(rules *game.Rules, params workload.SelfplayParams) error {
	shares := 0.0
	for _, opponent := range params.Opponents {
		if !(opponent.Share >= 0) {
			return badRequest("opponents.share = %g: use 0 to 1", opponent.Share)
		}
		shares += opponent.Share
	}
	switch {
	case params.Games < 1 || params.Games > maxGames:
		return badRequest("games = %d: use 1 to %d", params.Games, maxGames)
	case !(shares <= 1):
		return badRequest("opponents: the shares sum to %g: use at most 1 in all", shares)
	case params.Temperature != -1 && !(params.Temperature >= 0 && params.Temperature <= 10):
		return badRequest("temperature = %g: use 0 (the default, 1) to 10, or -1 for the best move always", params.Temperature)
	case params.Exploration != -1 && !(params.Exploration >= 0 && params.Exploration <= 1):
		return badRequest("exploration = %g: use 0 (the default, %g) to 1, or -1 for none", params.Exploration, noiseShare)
	case params.MaxMoves < 0:
		return badRequest("max_moves = %d: use 0 (no limit) or more", params.MaxMoves)
	}
	return checkOpening(params.OpeningPlies)
}

func checkOpening(plies int) error {
	if plies < -1 || plies > maxOpeningPlies {
		return badRequest("opening_plies = %d: use 0 (the default) to %d, or -1 for none", plies, maxOpeningPlies)
	}
	return nil
}

// selfplayFixture draws the opponent of a game. The model takes each seat in turn.
func selfplayFixture(task *adapter.Task, rules *game.Rules, params workload.SelfplayParams, index int) fixture {
	seed := play.Seed(uint64(task.Request.Seed), index)
	left := rand.New(rand.NewPCG(seed, streamPairing)).Float64()
	for i, opponent := range params.Opponents {
		if left -= opponent.Share; left < 0 {
			return fixture{rotate(rules.Players, index%rules.Players, 0, i+1), seed}
		}
	}
	return fixture{make([]int, rules.Players), seed}
}

// selfplayTally counts games as they are played.
type selfplayTally struct {
	started      time.Time
	games, draws int
	moves        int
	samples      int64
	winners      []int
}

func newSelfplayTally(players int) *selfplayTally {
	return &selfplayTally{started: time.Now(), winners: make([]int, players)}
}

func (t *selfplayTally) add(record play.Record) {
	t.games++
	t.moves += len(record.Moves)
	for _, move := range record.Moves {
		if move.Visits != nil {
			t.samples++
		}
	}
	if record.Winner == game.None {
		t.draws++
		return
	}
	t.winners[record.Winner]++
}

// metrics is nil before the first game.
func (t *selfplayTally) metrics() any {
	if t.games == 0 {
		return nil
	}
	games := float64(t.games)
	return workload.SelfplayMetrics{
		GamesCompleted: t.games,
		Samples:        t.samples,
		DecisiveShare:  float64(t.games-t.draws) / games,
		DrawRate:       float64(t.draws) / games,
		MeanLength:     float64(t.moves) / games,
		WinnersBySeat:  t.winners,
		MovesPerSecond: float64(t.moves) / time.Since(t.started).Seconds(),
	}
}
