package feedback

import (
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
)

// The shares of an advancement that relatives get, after specs/03 5.2.
const (
	sameFamily  = .8 // another board of its family, as many players
	samePlayers = .6 // the same board, another number of players
	otherFamily = .4 // any other, if it is behind by
	behind      = 50 // Elo or more
	propagation = .2 // of a share is added to the weight
)

// inherited are the pulls that a configuration gets from the advancements of others.
func inherited(one Evidence, all []Evidence) (pulls []Signal) {
	for _, other := range all {
		if other.ConfigKey == one.ConfigKey {
			continue
		}
		gained, found := advancement(other)
		share := kinship(other, one)
		if !found || share == 0 {
			continue
		}
		text := fmt.Sprintf("%s: %s", other.ConfigKey, gained.Text)
		pulls = append(pulls, pull("advancement of "+other.ConfigKey, text, 1+propagation*share, gained.At))
	}
	return pulls
}

// kinship is the share that one configuration gets of what another one has gained.
func kinship(from, to Evidence) float64 {
	a, b := bus.ConfigOf(from.ConfigKey), bus.ConfigOf(to.ConfigKey)
	switch {
	case a.BoardType == "" || b.BoardType == "":
		return 0 // nothing is known of its board
	case a.BoardType == b.BoardType:
		return samePlayers
	case a.NumPlayers == b.NumPlayers && family(a.BoardType, b.BoardType):
		return sameFamily
	}
	strong, known := strength(from)
	weak, also := strength(to)
	if known && also && strong-weak >= behind {
		return otherFamily
	}
	return 0
}

// family says whether two boards are of one: hex8 and hexagonal are, square8 and square19.
func family(a, b string) bool {
	letters := func(board string) string { return strings.TrimRight(board, "0123456789") }
	a, b = letters(a), letters(b)
	return a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// strength is the newest rating of a configuration's canonical models.
func strength(e Evidence) (elo float64, known bool) {
	at := latest(Evidence{Curve: e.Curve})
	for _, point := range e.Curve {
		if point.At.Equal(at) {
			elo, known = point.Rating, true
		}
	}
	return elo, known
}
