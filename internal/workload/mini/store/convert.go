package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

// Origin is what a games file tells of where its games come from.
type Origin struct {
	JobID    string
	IssuedAt time.Time
}

// ID names a game of a job for ever.
func (o Origin) ID(index int) string { return fmt.Sprintf("%s-%06d", o.JobID, index) }

// FromRecord returns the rows of a finished game.
func FromRecord(rules *game.Rules, record play.Record, origin Origin) (*Game, error) {
	at := origin.IssuedAt.UTC().Format(time.RFC3339Nano)
	g := &Game{
		ID:          origin.ID(record.Index),
		Board:       rules.Board,
		Players:     rules.Players,
		Seed:        int64(record.Seed),
		CreatedAt:   at,
		CompletedAt: text(at),
		Status:      workload.GameCompleted,
		Winner:      sql.NullInt64{Int64: int64(record.Winner + 1), Valid: record.Winner != game.None},
		Termination: text(record.Termination),
		TotalMoves:  len(record.Moves),
		Source:      text(origin.JobID),
	}
	var names []string
	more := metadata{ConfigKey: rules.Key, RulesHash: rules.Hash(), Index: record.Index}
	for _, seat := range record.Seats {
		names = append(names, seat.Name)
		more.Models = append(more.Models, seat.Model)
		more.Generations = append(more.Generations, seat.Generation)
		if newest := int64(seat.Generation); newest > g.Generation.Int64 || !g.Generation.Valid && newest >= 0 {
			g.Generation = sql.NullInt64{Int64: newest, Valid: true}
		}
	}
	var err error
	if g.Participants, err = jsonText(names); err != nil {
		return nil, err
	}
	if err := g.addMoves(record, rules.Players); err != nil {
		return nil, err
	}
	more.Content = g.content(more.RulesHash)
	g.Metadata, err = jsonText(more)
	return g, err
}

func (g *Game) addMoves(record play.Record, players int) error {
	for number, move := range record.Moves {
		row := Move{Number: number, Player: number%players + 1}
		what, err := jsonText(moveText{move.Cell, string(move.Origin)})
		if err != nil {
			return err
		}
		row.Move = what.String
		if move.Visits != nil {
			if row.Probs, err = jsonText(pairs(move.Visits)); err != nil {
				return err
			}
		}
		g.Moves = append(g.Moves, row)
	}
	return nil
}

// Record replays the rows under the rules and returns the game, or what is wrong with it.
func (g *Game) Record(rules *game.Rules) (play.Record, error) {
	more, names, err := g.origin(rules)
	if err != nil {
		return play.Record{}, err
	}
	record := play.Record{Index: more.Index, Seed: uint64(g.Seed), Winner: game.None, Termination: g.Termination.String}
	for seat, name := range names {
		record.Seats = append(record.Seats, play.Seat{Name: name, Model: more.Models[seat], Generation: more.Generations[seat]})
	}
	p := game.NewPosition(rules)
	for number, row := range g.Moves {
		if row.Number != number || row.Player != p.Turn()+1 {
			return play.Record{}, fmt.Errorf("move %d of seat %d is stored where move %d of seat %d belongs", row.Number, row.Player, number, p.Turn()+1)
		}
		move, err := row.parse(p)
		if err != nil {
			return play.Record{}, err
		}
		if err := p.Play(move.Cell); err != nil {
			return play.Record{}, err
		}
		record.Moves = append(record.Moves, move)
	}
	record.Winner = p.Winner()
	return record, g.checkEnd(p)
}

// origin reads what mini added to the game, and checks that it belongs to these rules and was not changed.
func (g *Game) origin(rules *game.Rules) (more metadata, names []string, err error) {
	if err := json.Unmarshal([]byte(g.Metadata.String), &more); err != nil {
		return more, nil, fmt.Errorf("metadata_json: %w", err)
	}
	if err := json.Unmarshal([]byte(g.Participants.String), &names); err != nil {
		return more, nil, fmt.Errorf("participants_json: %w", err)
	}
	switch {
	case more.RulesHash != rules.Hash():
		return more, nil, fmt.Errorf("the game is one of %s with rules %.16s, not of %s with rules %.16s", more.ConfigKey, more.RulesHash, rules.Key, rules.Hash())
	case g.Players != rules.Players || len(names) != rules.Players || len(more.Models) != rules.Players || len(more.Generations) != rules.Players:
		return more, nil, fmt.Errorf("the game tells of %d players, %d names, %d models and %d generations, not of %d each", g.Players, len(names), len(more.Models), len(more.Generations), rules.Players)
	case more.Content != g.content(more.RulesHash):
		return more, nil, fmt.Errorf("the game was changed after it was played: its content has not the hash %.16s", more.Content)
	}
	return more, names, nil
}

// parse reads a move that is about to be played.
func (m Move) parse(p *game.Position) (play.Move, error) {
	var what moveText
	if err := json.Unmarshal([]byte(m.Move), &what); err != nil {
		return play.Move{}, fmt.Errorf("move %d: move_json: %w", m.Number, err)
	}
	move := play.Move{Cell: what.Cell, Origin: play.Origin(what.Origin)}
	if !m.Probs.Valid {
		return move, nil
	}
	var visits [][2]int32
	if err := json.Unmarshal([]byte(m.Probs.String), &visits); err != nil || len(visits) == 0 {
		return play.Move{}, fmt.Errorf("move %d: move_probs is not a list of [cell, visits]: %.80q", m.Number, m.Probs.String)
	}
	move.Visits = make([]int32, len(p.Rules().Cells))
	for _, pair := range visits {
		cell, n := int(pair[0]), pair[1]
		if cell < 0 || cell >= len(move.Visits) || p.Stone(cell) != game.None || n <= 0 || move.Visits[cell] != 0 {
			return play.Move{}, fmt.Errorf("move %d: move_probs gives cell %d %d visits", m.Number, cell, n)
		}
		move.Visits[cell] = n
	}
	return move, nil
}

// checkEnd compares what the row says of the end with the end.
func (g *Game) checkEnd(p *game.Position) error {
	winner := int64(p.Winner() + 1)
	switch {
	case g.TotalMoves != p.Plies():
		return fmt.Errorf("total_moves = %d, but %d are stored", g.TotalMoves, p.Plies())
	case g.Winner.Int64 != winner || g.Winner.Valid != (winner > 0):
		return fmt.Errorf("winner = %d, but the moves make it %d (0 is a draw)", g.Winner.Int64, winner)
	case !p.Over() && g.Termination.String != play.TooLong:
		return fmt.Errorf("termination_reason = %q, but the game is not over after %d moves", g.Termination.String, p.Plies())
	}
	return nil
}

func pairs(visits []int32) [][2]int32 {
	var list [][2]int32
	for cell, n := range visits {
		if n > 0 {
			list = append(list, [2]int32{int32(cell), n})
		}
	}
	return list
}

func text(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }

func jsonText(value any) (sql.NullString, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return sql.NullString{}, fmt.Errorf("encode game: %w", err)
	}
	return text(string(data)), nil
}
