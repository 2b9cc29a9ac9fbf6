package rating

import "math/bits"

// pattern says which values of a sparse matrix, and of its Cholesky factor, may differ from 0. Those who have met are
// linked; whoever is eliminated leaves the others that it was linked to linked with each other.
type pattern struct {
	place []int   // of each row, in the order of elimination
	who   []int   // the row at each place
	rows  [][]int // by column, both as places: the rows below the diagonal, in order
}

// patternOf finds an order of elimination with few links that come in addition: next is always the one with the fewest
// (minimum degree), of equal ones the first. A candidate that has met baselines and the champion of its time costs three
// links, however many came before and after it.
func patternOf(met links) *pattern {
	p := &pattern{place: make([]int, len(met))}
	degrees, gone := make([]int, len(met)), make([]bool, len(met))
	for row := range met {
		degrees[row] = met.count(row)
	}
	var linked [][]int
	for left := len(met); left > 0; left-- {
		next := fewest(degrees, gone)
		others := met.of(next)
		p.place[next], gone[next] = len(p.who), true
		p.who, linked = append(p.who, next), append(linked, others)
		met.eliminate(next, others, degrees, left)
	}
	p.rows = p.inOrder(linked)
	return p
}

func fewest(degrees []int, gone []bool) int {
	best := -1
	for row, degree := range degrees {
		if !gone[row] && (best < 0 || degree < degrees[best]) {
			best = row
		}
	}
	return best
}

// inOrder has the places of linked rows, each list in order: the columns that have a row are visited in turn.
func (p *pattern) inOrder(linked [][]int) [][]int {
	columns := make([][]int, len(p.who)) // by row
	for column, others := range linked {
		for _, other := range others {
			row := p.place[other]
			columns[row] = append(columns[row], column)
		}
	}
	rows := make([][]int, len(p.who))
	for row, having := range columns {
		for _, column := range having {
			rows[column] = append(rows[column], row)
		}
	}
	return rows
}

const wordBits = 64

// links has a bit for each two rows that are linked.
type links [][]uint64

func newLinks(size int) links {
	words := (size + wordBits - 1) / wordBits
	all, l := make([]uint64, size*words), make(links, size)
	for row := range l {
		l[row] = all[row*words : (row+1)*words]
	}
	return l
}

// add links two rows, unless they are one.
func (l links) add(a, b int) {
	if a != b {
		l[a][b/wordBits] |= 1 << (b % wordBits)
		l[b][a/wordBits] |= 1 << (a % wordBits)
	}
}

func (l links) count(row int) (count int) {
	for _, word := range l[row] {
		count += bits.OnesCount64(word)
	}
	return count
}

// of lists the rows that a row is linked to, in order.
func (l links) of(row int) (all []int) {
	for i, word := range l[row] {
		for ; word != 0; word &= word - 1 {
			all = append(all, i*wordBits+bits.TrailingZeros64(word))
		}
	}
	return all
}

// eliminate takes a row out of those that are left, and links the others that it was linked to with each other.
func (l links) eliminate(row int, others, degrees []int, left int) {
	complete := len(others) == left-1 // it had the fewest, so all that are left are linked already
	for _, other := range others {
		if !complete {
			for i, word := range l[row] {
				l[other][i] |= word
			}
			l[other][other/wordBits] &^= 1 << (other % wordBits)
		}
		l[other][row/wordBits] &^= 1 << (row % wordBits)
		if complete {
			degrees[other]--
			continue
		}
		degrees[other] = l.count(other)
	}
}
