package process

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProcessorsAreShared(t *testing.T) {
	t.Parallel()
	p := NewProcessors()
	p.usable = func() ([]int, error) { return []int{0, 1, 3, 7}, nil }
	take := func(count int) ([]int, func()) {
		chosen, giveBack, err := p.Take(count)
		require.NoError(t, err)
		return slices.Sorted(slices.Values(chosen)), giveBack
	}
	for range 50 { // it chooses at random among equals
		first, endFirst := take(1)
		second, endSecond := take(2)
		third, endThird := take(1)
		all := slices.Concat(first, second, third)
		slices.Sort(all)
		require.Equal(t, []int{0, 1, 3, 7}, all, "as long as there are enough, each is one command's alone")

		endSecond()
		again, endAgain := take(2)
		require.Equal(t, second, again, "what was given back is free")
		beside, endBeside := take(9)
		require.Len(t, beside, 4, "there are no more")
		for _, end := range []func(){endFirst, endThird, endAgain, endBeside} {
			end()
		}
	}
}
