package games

import "fmt"

// leastMoves is the bound below which no game is complete, on whatever board.
const leastMoves = 5

// MinimumMoves is how many moves a complete game has at least. Boards that are not known need only the
// least of all.
func MinimumMoves(board string, players int) int {
	if players < 2 || players > 4 {
		return leastMoves
	}
	switch board {
	case "hex8", "square8":
		return []int{20, 30, 40}[players-2]
	case "square19", "hexagonal":
		return []int{50, 80, 100}[players-2]
	}
	return leastMoves
}

// Fault is a game that says it is complete and is not.
type Fault struct {
	GameID string `json:"game_id"`
	Reason string `json:"reason"`
}

// maxFaults is how many faults a report lists; it counts them all.
const maxFaults = 100

// over says that the players have finished. Games of any other status are none of ours yet.
func (g game) over() bool { return g.status == "completed" || g.status == "finished" }

// fault says what keeps a game that is over from being complete; empty if it is.
func (g game) fault() string {
	switch least := MinimumMoves(g.board, g.players); {
	case g.moves < least:
		return fmt.Sprintf("it has %d moves, at least %d are needed", g.moves, least)
	case g.claimed >= 0 && g.claimed != int64(g.moves):
		return fmt.Sprintf("it has %d moves and says %d", g.moves, g.claimed)
	}
	return ""
}

const overCondition = `game_status IN ('completed', 'finished')`
