package workload

// SelfplayParams are those of selfplay. Output: games, one closed file.
type SelfplayParams struct {
	Drill
	Games int `json:"games"` // 1 to at least 1,000,000
	// Model is the name of the input that plays; empty is the built-in player.
	Model string `json:"model,omitempty"`
	// Opponents take the other seats in a share of the games; in the rest the model plays all seats.
	Opponents    []SelfplayOpponent `json:"opponents,omitempty"`
	SearchBudget int                `json:"search_budget,omitempty"` // simulations a move
	// EngineMode is the harness of the players.
	EngineMode   string  `json:"engine_mode,omitempty"`
	Temperature  float64 `json:"temperature,omitempty"`   // of the first moves; −1: always the best move
	Exploration  float64 `json:"exploration,omitempty"`   // share of noise at the root; −1: none
	OpeningPlies int     `json:"opening_plies,omitempty"` // random moves before play; −1: none
	MaxMoves     int     `json:"max_moves,omitempty"`     // after which a game is a draw
}

// SelfplayOpponent plays against the model in a share of the games.
type SelfplayOpponent struct {
	Player
	Share float64 `json:"share"` // 0 to 1; the shares add up to at most 1
}

// ValidateParams are those of validate. No outputs.
type ValidateParams struct {
	Drill
	Games string `json:"games"` // name of an input
}

// MergeParams are those of merge. Output: games that no known id names.
type MergeParams struct {
	Drill
	Games []string `json:"games"` // names of inputs
	// KnownIDs is the name of an input with the role known_ids.
	KnownIDs string `json:"known_ids,omitempty"`
	MinMoves int    `json:"min_moves,omitempty"` // shorter games are invalid
}

// InspectParams are those of inspect. No outputs. It recomputes what it tells from the file alone, by other
// code than that which wrote the file.
type InspectParams struct {
	Drill
	File string `json:"file"` // name of an input
	// Verify is how many of the games are replayed by the rules, 0 (default) to 1.
	Verify float64 `json:"verify,omitempty"`
	// Since leaves out games created before it (RFC 3339).
	Since string `json:"since,omitempty"`
	// ListIDs asks for the ids of all games, in order.
	ListIDs bool `json:"list_ids,omitempty"`
}
