package workload

// EvaluateParams are those of evaluate. Output: games. With n players the model sits in each seat equally
// often and its opponent takes the other n−1 seats.
type EvaluateParams struct {
	Drill
	Model        string     `json:"model"` // name of an input
	Opponents    []Opponent `json:"opponents"`
	Harness      string     `json:"harness,omitempty"`       // of the model
	SearchBudget int        `json:"search_budget,omitempty"` // of everyone who names none
	// OpeningSeeds decide the openings; each is played once from every seat, then they repeat. Empty: made
	// from the request's seed.
	OpeningSeeds []int64   `json:"opening_seed_list,omitempty"`
	OpeningPlies int       `json:"opening_plies,omitempty"` // −1: none
	StopRule     *StopRule `json:"stop_rule,omitempty"`
}

// Opponent is one opponent of an evaluation.
type Opponent struct {
	Player
	Games int `json:"games"` // rounded up to a multiple of the number of seats
}

// StopRule ends the games against an opponent early, when the evidence is clear (a sequential probability
// ratio test between two Elo differences).
type StopRule struct {
	Elo0     float64 `json:"elo0"`
	Elo1     float64 `json:"elo1"`
	Alpha    float64 `json:"alpha"`
	Beta     float64 `json:"beta"`
	MinGames int     `json:"min_games,omitempty"`
}

// MatchParams are those of match. Output: games.
type MatchParams struct {
	Drill
	Participants []Participant `json:"participants"`
	// Pairings are lists of participants' ids, two to the number of seats. With fewer ids than seats the last
	// one takes the seats that are left. Games rotate through all seats.
	Pairings [][]string `json:"pairings"`
	// GamesPerPair is rounded up to a multiple of the number of seats.
	GamesPerPair int     `json:"games_per_pair"`
	Seats        string  `json:"seats,omitempty"` // balanced, the only one
	SearchBudget int     `json:"search_budget,omitempty"`
	OpeningSeeds []int64 `json:"opening_seed_list,omitempty"`
	OpeningPlies int     `json:"opening_plies,omitempty"` // −1: none
}

// Participant is one player of a match; its id is what the games file and the pair table call it.
type Participant struct {
	ID string `json:"id"`
	Player
}

// SeatsBalanced is the only seating of a match.
const SeatsBalanced = "balanced"
