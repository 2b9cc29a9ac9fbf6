package play

// Record is a finished game.
type Record struct {
	Index       int    // its number in the run that played it, from 0
	Seed        uint64 // of this game
	Seats       []Seat // who sat where
	Moves       []Move
	Winner      int    // a seat, or game.None
	Termination string // Line, Full or TooLong
}

// Seat is who sat at a seat of a game.
type Seat struct {
	Name       string // of the participant
	Model      string // the sha256 of its model's file, or ""
	Generation int    // of its model, or NoGeneration
}

// NoGeneration marks a player without a model.
const NoGeneration = -1

// Reasons why a game ended.
const (
	Line    = "line"       // the winner owns a whole line
	Full    = "full_board" // a draw
	TooLong = "max_moves"  // a draw by the request's limit
)

// Move is one ply.
type Move struct {
	Cell   int
	Origin Origin
	Visits []int32 // one a cell, of a move that was searched
}

// Origin says how a move came about.
type Origin string

// Origins.
const (
	Opening Origin = "opening" // drawn at random before the players took over
	Sampled Origin = "sampled" // drawn from the visits
	Chosen  Origin = "chosen"  // the player's best
)
