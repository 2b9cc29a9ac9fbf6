package rating

import (
	"encoding/binary"
	"maps"
	"slices"
)

// choice is what a game says at one point: of these contenders, those came first. Contenders and winners are
// numbers of participants, in order; one that has several seats is there several times.
type choice struct {
	contenders, winners []int
	games               int64
}

// choicesOf reads games as repeated choices (Plackett–Luce: Luce 1959, Plackett 1975): the best is chosen among
// all, the next best among the rest, and so on. Those who tie share a choice in equal parts and leave together:
// the statistics of Davidson and Luce (Firth, Kosmidis, Turner 2019, arXiv:1909.07123), and for two players
// the draw as half a win. Who is left without order among them made no choice.
//
// Equal choices are added up and sorted, so that the order of the evidence leaves no trace in any sum.
func choicesOf(matches []Match, number map[string]int) []*choice {
	merged := map[string]*choice{}
	for _, match := range matches {
		for _, outcome := range match.Outcomes {
			rest := inOrder(match, outcome, number)
			for first := true; len(rest) > 1; first = false {
				best := leaders(rest)
				if len(best) == len(rest) && !first {
					break
				}
				addChoice(merged, rest, best, outcome.Games)
				rest = rest[len(best):]
			}
		}
	}
	sorted := make([]*choice, 0, len(merged))
	for _, key := range slices.Sorted(maps.Keys(merged)) {
		sorted = append(sorted, merged[key])
	}
	return sorted
}

// placed is a participant and the rank of one of its seats.
type placed struct{ rank, who int }

func inOrder(match Match, outcome Outcome, number map[string]int) []placed {
	seats := make([]placed, len(match.Participants))
	for seat, name := range match.Participants {
		seats[seat] = placed{outcome.Ranks[seat], number[name]}
	}
	slices.SortFunc(seats, func(a, b placed) int { return a.rank - b.rank })
	return seats
}

func leaders(seats []placed) []placed {
	behind := slices.IndexFunc(seats, func(seat placed) bool { return seat.rank > seats[0].rank })
	if behind < 0 {
		return seats
	}
	return seats[:behind]
}

func addChoice(merged map[string]*choice, rest, best []placed, games int64) {
	one := &choice{contenders: numbers(rest), winners: numbers(best)}
	key := one.key()
	if merged[key] == nil {
		merged[key] = one
	}
	merged[key].games += games
}

func numbers(seats []placed) []int {
	all := make([]int, len(seats))
	for i, seat := range seats {
		all[i] = seat.who
	}
	slices.Sort(all)
	return all
}

// key tells choices apart: their number of contenders, these, and the winners.
func (c *choice) key() string {
	key := binary.BigEndian.AppendUint32(nil, uint32(len(c.contenders)))
	for _, who := range slices.Concat(c.contenders, c.winners) {
		key = binary.BigEndian.AppendUint32(key, uint32(who))
	}
	return string(key)
}
