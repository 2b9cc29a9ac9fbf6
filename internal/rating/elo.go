package rating

import "math"

// Expected is the rate of a player against players−1 equal opponents who are weaker by a difference in Elo:
//
//	1 / (1 + (n−1)·10^(−difference/400))
//
// Against one opponent it is Elo's formula; at a difference of 0 it is parity, 1/n.
func Expected(difference float64, players int) float64 {
	return 1 / (1 + float64(players-1)*math.Pow(10, -difference/400))
}

// Difference is the inverse of Expected: the difference in Elo that a rate tells,
//
//	400·log10((n−1)·rate/(1−rate))
//
// A rate of 0 or 1 tells none, however many games it stands for: then ok is false.
func Difference(rate float64, players int) (elo float64, ok bool) {
	if !(rate > 0 && rate < 1) {
		return 0, false
	}
	return 400 * math.Log10(float64(players-1)*rate/(1-rate)), true
}
