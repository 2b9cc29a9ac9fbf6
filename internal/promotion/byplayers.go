package promotion

// ByPlayers is a threshold that depends on how many players a game has.
type ByPlayers[T int64 | float64] struct {
	Two   T `json:"two"`
	Three T `json:"three"`
	Four  T `json:"four"` // four and more
}

// For is the threshold of a number of players.
func (b ByPlayers[T]) For(players int) T {
	switch {
	case players <= 2:
		return b.Two
	case players == 3:
		return b.Three
	}
	return b.Four
}
