package main

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"

	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/player"
)

// maxThreads bounds the goroutines of a command.
const maxThreads = 256

// Streams of random numbers that one seed gives.
const (
	streamPlay = iota + 1
	streamOpening
	streamPairing
)

// fixture is one game to be played.
type fixture struct {
	seats   []int  // who sits where, as indexes into the session's cast
	opening uint64 // the seed of its opening
}

// session plays the games of one command.
type session struct {
	task    *adapter.Task
	rules   *game.Rules
	cast    []participant
	table   play.Table // without players
	total   int        // games planned
	resumed func() (play.Record, bool)
	waiting *play.Record // read from the checkpoint, not yet delivered
	done    int
}

// inSession plays the games of a command into its file.
func inSession[Params any](ctx context.Context, task *adapter.Task, gather func(*adapter.Task, *game.Rules, Params) (*session, error),
	play func(*session, context.Context, *gamesFile, Params) (any, error)) (any, error) {
	var params Params
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	rules, err := rulesOf(task)
	if err != nil {
		return nil, err
	}
	s, err := gather(task, rules, params)
	if err != nil {
		return nil, err
	}
	file, err := newGamesFile(task, rules)
	if err != nil {
		return nil, err
	}
	defer file.writer.Close()
	defer s.resumeFrom(file.resumed(ctx))()
	return play(s, ctx, file, params)
}

// resumeFrom lets the session take games that were played before instead of playing them.
func (s *session) resumeFrom(records iter.Seq[play.Record]) (stop func()) {
	next, stop := iter.Pull(records)
	s.resumed = next
	return stop
}

// errStop ends a series early without failing it.
var errStop = errors.New("decided")

// series plays the games numbered first to end-1 and delivers them in order. A delivery that returns errStop ends
// the series.
func (s *session) series(ctx context.Context, first, end int, plan func(index int) fixture, deliver func(play.Record) error) error {
	count := func(record play.Record) error {
		s.done++
		s.task.Progress(float64(s.done), float64(s.total), "games", nil)
		return deliver(record)
	}
	next, err := s.replay(first, end, count)
	if err == nil {
		threads := min(max(s.task.Request.Limits.CPU, 1), maxThreads)
		err = play.Many(ctx, threads, next, end, func() func(context.Context, int) (play.Record, error) { return s.worker(plan) }, count)
	}
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// replay delivers what the checkpoint has of a series and returns the number of the first game that it has not.
func (s *session) replay(first, end int, deliver func(play.Record) error) (next int, err error) {
	for next = first; next < end; next++ {
		if s.waiting == nil {
			record, found := s.resumed()
			if !found {
				return next, nil
			}
			s.waiting = &record
		}
		if s.waiting.Index != next {
			return next, nil
		}
		record := *s.waiting
		s.waiting = nil
		if err := deliver(record); err != nil {
			return next, err
		}
	}
	return next, nil
}

// worker returns what plays games on one goroutine, with players of its own.
func (s *session) worker(plan func(index int) fixture) func(context.Context, int) (play.Record, error) {
	players := make([]player.Player, len(s.cast))
	for i, who := range s.cast {
		players[i] = who.make()
	}
	return func(ctx context.Context, index int) (play.Record, error) {
		if err := s.task.Pace(ctx); err != nil {
			return play.Record{}, err
		}
		f, table := plan(index), s.table
		for _, who := range f.seats {
			table.Players = append(table.Players, players[who])
			table.Seats = append(table.Seats, s.cast[who].seat)
		}
		seed := play.Seed(uint64(s.task.Request.Seed), index)
		record, err := table.Play(ctx, s.rules, rand.New(rand.NewPCG(f.opening, streamOpening)), rand.New(rand.NewPCG(seed, streamPlay)))
		record.Index, record.Seed = index, seed
		return record, err
	}
}

// rotate seats one at the given seat and the other at all others.
func rotate(players, seat, one, other int) []int {
	seats := make([]int, players)
	for i := range seats {
		seats[i] = other
	}
	seats[seat] = one
	return seats
}

// balanced rounds a number of games up so that each seat is taken equally often.
func balanced(games, players int) int { return (games + players - 1) / players * players }
