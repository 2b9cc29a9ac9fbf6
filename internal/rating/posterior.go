package rating

import "math"

// eloPerNat turns the natural logarithm of a strength into Elo.
const eloPerNat = 400 / math.Ln10

// posterior is the logarithm of how probable strengths are after the evidence:
//
//	Σ games · (mean of θ over the winners − log Σ exp θ over the contenders)  −  Σ (θ − mean)² / (2 deviation²)
//
// with θ = ln γ = R·ln10/400. It is strictly concave, so it has one maximum.
type posterior struct {
	names     []string
	choices   []*choice
	strengths []float64 // θ by participant
	free      []int     // the participants that are not pinned
	variable  []int     // by participant: its place in free, −1 if it is pinned
	mean      float64   // of the prior
	precision float64   // of the prior: 1/deviation²
	shares    []float64 // scratch: the expected share of each contender
	pattern   *pattern  // of the information, over the free participants
}

func newPosterior(matches []Match, names []string, options Options) *posterior {
	number := map[string]int{}
	p := &posterior{names: names, mean: options.PriorMean / eloPerNat, shares: make([]float64, MaxSeats)}
	p.precision = math.Pow(eloPerNat/options.PriorDeviation, 2)
	for i, name := range names {
		number[name] = i
		elo, pinned := options.Pinned[name]
		if pinned {
			p.strengths, p.variable = append(p.strengths, elo/eloPerNat), append(p.variable, -1)
			continue
		}
		p.strengths, p.variable = append(p.strengths, p.mean), append(p.variable, len(p.free))
		p.free = append(p.free, i)
	}
	p.choices = choicesOf(matches, number)
	p.pattern = patternOf(p.met())
	return p
}

// met links the free participants who have faced each other.
func (p *posterior) met() links {
	met := newLinks(len(p.free))
	for _, choice := range p.choices {
		for i, who := range choice.contenders {
			for _, other := range choice.contenders[:i] {
				if a, b := p.variable[who], p.variable[other]; a >= 0 && b >= 0 {
					met.add(a, b)
				}
			}
		}
	}
	return met
}

// derivatives returns the gradient and the observed information (the negated second derivatives) at the present
// strengths, over the free participants.
func (p *posterior) derivatives() (gradient []float64, information *symmetric) {
	gradient, information = make([]float64, len(p.free)), newSymmetric(p.pattern)
	for i, who := range p.free {
		gradient[i] = p.precision * (p.mean - p.strengths[who])
		information.add(i, i, p.precision)
	}
	for _, choice := range p.choices {
		p.addChoice(choice, gradient, information)
	}
	return gradient, information
}

// addChoice adds observed minus expected wins to the gradient, and the covariance of wins to the information.
func (p *posterior) addChoice(c *choice, gradient []float64, information *symmetric) {
	games := float64(c.games)
	for _, who := range c.winners {
		if i := p.variable[who]; i >= 0 {
			gradient[i] += games / float64(len(c.winners))
		}
	}
	shares := p.expected(c.contenders)
	for a, who := range c.contenders {
		i := p.variable[who]
		if i < 0 {
			continue
		}
		gradient[i] -= games * shares[a]
		for b, other := range c.contenders {
			// p(1−p) is written as a sum of p·q: it keeps its digits when p is nearly 1.
			j := p.variable[other]
			if other == who {
				continue
			}
			information.add(i, i, games*shares[a]*shares[b])
			if j >= 0 && j < i {
				information.add(i, j, -games*shares[a]*shares[b])
			}
		}
	}
}

// expected returns the probability of each contender to be chosen.
func (p *posterior) expected(contenders []int) []float64 {
	highest := math.Inf(-1)
	for _, who := range contenders {
		highest = max(highest, p.strengths[who])
	}
	shares, sum := p.shares[:len(contenders)], 0.0
	for i, who := range contenders {
		shares[i] = math.Exp(p.strengths[who] - highest)
		sum += shares[i]
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}
