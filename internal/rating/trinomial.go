package rating

import "math"

// trinomial are the probabilities of a win, a draw and a loss.
type trinomial struct{ win, draw, loss float64 }

// likeliest is the trinomial with the given rate that explains a score best. With a draw worth c = 1/players it
// maximises
//
//	W·ln w + D·ln d + L·ln l    where    w + c·d = rate    and    w + d + l = 1.
//
// The derivative by d vanishes at the smaller root of a quadratic equation, which also is right when the score
// lacks wins, draws or losses: fishtest, which solves the same problem for any number of outcomes by iteration
// (support_MLE_multinomial.pdf, proposition 1.1), has to invent a thousandth of a game then.
func (s Score) likeliest(rate float64) trinomial {
	c := s.Parity()
	wins, draws, losses := float64(s.Wins), float64(s.Draws), float64(s.Losses)
	square := c * (1 - c) * float64(s.Games())
	linear := draws*(rate*(1-c)+(1-rate)*c) + wins*c*(1-rate) + losses*(1-c)*rate
	constant := draws * rate * (1 - rate)
	draw := 2 * constant / (linear + math.Sqrt(max(0, linear*linear-4*square*constant)))
	return trinomial{rate - c*draw, draw, 1 - rate - (1-c)*draw}
}

// logLikelihood of a score; outcomes that did not happen do not matter.
func (t trinomial) logLikelihood(s Score) (sum float64) {
	add := func(games int64, probability float64) {
		if games > 0 {
			sum += float64(games) * math.Log(probability)
		}
	}
	add(s.Wins, t.win)
	add(s.Draws, t.draw)
	add(s.Losses, t.loss)
	return sum
}
