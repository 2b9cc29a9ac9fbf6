package games

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/ringrift/orchestrator/internal/data"
)

// maxRows bounds the rows of one game in one table.
const maxRows = 1_000_000

// game is a game with what all its rows say.
type game struct {
	id, status, board string
	players           int
	claimed           int64 // total_moves; -1 if it does not say
	moves             int   // rows in game_moves
	sum               data.Sum
}

// eachGame calls act with the games of a schema, in the order of their ids, that meet a condition on game_id.
// What a game is follows from the given tables and columns, so two databases can be compared by what both have.
func (s *session) eachGame(ctx context.Context, schema string, tables []table, condition string, act func(game) error) (err error) {
	var streams []*stream
	defer func() {
		for _, stream := range streams {
			err = errors.Join(err, stream.rows.Close())
		}
	}()
	for _, one := range tables {
		stream, err := s.stream(ctx, schema, one, condition)
		if err != nil {
			return err
		}
		streams = append(streams, stream)
		if err := stream.next(); err != nil {
			return err
		}
	}
	first := slices.IndexFunc(tables, func(t table) bool { return t.name == gamesTable })
	for !streams[first].ended {
		one := streams[first].game()
		for _, stream := range streams {
			if err := stream.add(&one); err != nil {
				return err
			}
		}
		if err := act(one); err != nil {
			return err
		}
	}
	return nil
}

// stream is the rows of one table, in the order of their games.
type stream struct {
	table  table
	rows   *sql.Rows
	values []any // of the columns
	into   []any // pointers to them
	ended  bool
	buffer bytes.Buffer
}

func (s *session) stream(ctx context.Context, schema string, one table, condition string) (*stream, error) {
	// A plus before a column keeps the driver from guessing times by its declared type.
	rows, err := s.QueryContext(ctx, fmt.Sprintf(`SELECT %s FROM %s.%s WHERE game_id IS NOT NULL AND (%s) ORDER BY game_id`,
		one.names("+"), schema, quote(one.name), condition))
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", one.name, err)
	}
	opened := &stream{table: one, rows: rows, values: make([]any, len(one.columns)), into: make([]any, len(one.columns))}
	for i := range opened.values {
		opened.into[i] = &opened.values[i]
	}
	return opened, nil
}

func (s *stream) next() error {
	if !s.rows.Next() {
		s.ended = true
		if err := s.rows.Err(); err != nil {
			return fmt.Errorf("read table %s: %w", s.table.name, err)
		}
		return nil
	}
	if err := s.rows.Scan(s.into...); err != nil {
		return fmt.Errorf("read table %s: %w", s.table.name, err)
	}
	return nil
}

// text returns the value of a column as text, empty if there is none.
func (s *stream) text(name string) string {
	for i, column := range s.table.columns {
		if column.name != name || s.values[i] == nil {
			continue
		}
		if text, plain := s.values[i].(string); plain {
			return text
		}
		return fmt.Sprint(s.values[i])
	}
	return ""
}

// game reads what the row of table games says.
func (s *stream) game() game {
	one := game{id: s.text(idColumn), status: s.text("game_status"), board: s.text("board_type"), claimed: -1}
	if players, err := strconv.Atoi(s.text("num_players")); err == nil { // else unknown, and the least moves hold
		one.players = players
	}
	if claimed, err := strconv.ParseInt(s.text("total_moves"), 10, 64); err == nil { // else it does not say
		one.claimed = claimed
	}
	return one
}

// add takes the rows of one game from the stream into its sum. Rows in front of it belong to no game.
func (s *stream) add(one *game) error {
	var sums []data.Sum
	for !s.ended && s.text(idColumn) <= one.id {
		if s.text(idColumn) == one.id {
			sums = append(sums, s.sum())
		}
		if len(sums) > maxRows {
			return fmt.Errorf("game %s has more than %d rows in table %s", one.id, maxRows, s.table.name)
		}
		if err := s.next(); err != nil {
			return err
		}
	}
	if len(sums) == 0 { // as if the table were not there
		return nil
	}
	if s.table.name == movesTable {
		one.moves = len(sums)
	}
	slices.SortFunc(sums, func(a, b data.Sum) int { return bytes.Compare(a[:], b[:]) })
	hash := sha256.New()
	hash.Write(one.sum[:])
	hash.Write([]byte(s.table.name))
	for _, sum := range sums {
		hash.Write(sum[:])
	}
	one.sum = data.Sum(hash.Sum(nil))
	return nil
}

// sum hashes a row: the names and values of the columns that have one, by name.
func (s *stream) sum() data.Sum {
	s.buffer.Reset()
	for i, column := range s.table.columns {
		if s.values[i] != nil {
			writeText(&s.buffer, 'n', column.name)
			writeValue(&s.buffer, s.values[i])
		}
	}
	return data.Sum(sha256.Sum256(s.buffer.Bytes()))
}

// writeValue writes a value so that equal ones are equal bytes, whichever type a database keeps a number in.
func writeValue(w *bytes.Buffer, value any) {
	switch value := value.(type) {
	case int64:
		writeText(w, 'i', strconv.FormatInt(value, 10))
	case float64:
		if whole := int64(value); float64(whole) == value && whole > -1<<53 && whole < 1<<53 {
			writeText(w, 'i', strconv.FormatInt(whole, 10))
			return
		}
		writeText(w, 'f', strconv.FormatFloat(value, 'g', -1, 64))
	case []byte:
		writeText(w, 'b', string(value))
	case string: // the most frequent one
		writeText(w, 't', value)
	default:
		writeText(w, 't', fmt.Sprint(value))
	}
}

func writeText(w *bytes.Buffer, kind byte, text string) {
	w.WriteByte(kind)
	w.Write(binary.AppendUvarint(w.AvailableBuffer(), uint64(len(text))))
	w.WriteString(text)
}
