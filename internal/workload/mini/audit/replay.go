package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// gameRow is a game as it is stored; seats count from 1, and 0 is nobody.
type gameRow struct {
	id, boardName, created, ending, participants, metadata string
	players, winner, totalMoves                            int
	generation                                             *int64
	moves                                                  []moveRow
}

type moveRow struct {
	number, player int
	move, probs    string
}

// replay plays a game by the audit's own rules and returns the seat that won, 0 for a draw.
func (b *board) replay(g *gameRow) (winner int, err error) {
	if g.boardName != b.name || g.players != b.players {
		return 0, fmt.Errorf("a game of %d players on %s, not of %d on %s", g.players, g.boardName, b.players, b.name)
	}
	if err := b.checkContent(g); err != nil {
		return 0, err
	}
	owner := map[point]int{}
	for n, row := range g.moves {
		if winner != 0 {
			return 0, fmt.Errorf("move %d comes after seat %d has won", n, winner)
		}
		seat := n%b.players + 1
		if row.number != n || row.player != seat {
			return 0, fmt.Errorf("row %d is move %d of seat %d, not move %d of seat %d", n, row.number, row.player, n, seat)
		}
		at, err := b.place(row, owner)
		if err != nil {
			return 0, err
		}
		owner[at] = seat
		if b.wins(owner, at) {
			winner = seat
		}
	}
	return winner, b.checkEnd(g, winner)
}

// place reads where a move goes, and checks that the distribution of the search only has free cells.
func (b *board) place(row moveRow, owner map[point]int) (point, error) {
	var move struct{ Cell *int }
	if err := json.Unmarshal([]byte(row.move), &move); err != nil || move.Cell == nil {
		return point{}, fmt.Errorf("move %d is no move: %.80q", row.number, row.move)
	}
	if row.probs != "" {
		var visits [][2]int
		if err := json.Unmarshal([]byte(row.probs), &visits); err != nil {
			return point{}, fmt.Errorf("move %d has no readable distribution: %w", row.number, err)
		}
		for _, pair := range visits {
			if !b.free(pair[0], owner) || pair[1] < 1 {
				return point{}, fmt.Errorf("move %d: %d visits of cell %d, which is not free", row.number, pair[1], pair[0])
			}
		}
	}
	if !b.free(*move.Cell, owner) {
		return point{}, fmt.Errorf("move %d goes to cell %d, which is not free", row.number, *move.Cell)
	}
	return b.places[*move.Cell], nil
}

func (b *board) free(cell int, owner map[point]int) bool {
	return cell >= 0 && cell < len(b.places) && owner[b.places[cell]] == 0
}

func (b *board) checkEnd(g *gameRow, winner int) error {
	full := len(g.moves) == len(b.places)
	switch {
	case g.winner != winner:
		return fmt.Errorf("the file says that seat %d won, the moves that seat %d did (0 is a draw)", g.winner, winner)
	case g.totalMoves != len(g.moves):
		return fmt.Errorf("the file says %d moves and has %d", g.totalMoves, len(g.moves))
	case winner == 0 && !full && g.ending != "max_moves":
		return fmt.Errorf("the game is not over after %d moves, and ended by %q", len(g.moves), g.ending)
	}
	return nil
}

// checkContent recomputes the hash over what was played.
func (b *board) checkContent(g *gameRow) error {
	var more struct {
		RulesHash string `json:"rules_hash"`
		Content   string `json:"content_sha256"`
	}
	if err := json.Unmarshal([]byte(g.metadata), &more); err != nil {
		return fmt.Errorf("no readable metadata: %w", err)
	}
	if more.RulesHash != b.rulesHash() {
		return fmt.Errorf("played by other rules: %.16s", more.RulesHash)
	}
	if contentOf(b, g) != more.Content {
		return errors.New("changed after it was played: its content hash does not fit")
	}
	return nil
}

// contentOf is the hash over what was played, as every games file of mini has it.
func contentOf(b *board, g *gameRow) string {
	var text strings.Builder
	fmt.Fprintf(&text, "rules %s\nparticipants %s\nwinner %d\n", b.rulesHash(), g.participants, g.winner)
	for _, row := range g.moves {
		fmt.Fprintf(&text, "%d %d %s %s\n", row.number, row.player, row.move, row.probs)
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}
