package modelperformancewatchdog

import (
	"context"
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
)

const (
	// moves of a pointer, the newest, are looked through for the models before the one that is there.
	moves = 50
	// generations of them, the newest, are compared with it.
	generations = 5
	// information is a weakness that nobody has to be alarmed about.
	information = "information"
)

// predecessors are the models that held an office before the one there now, the newest first, and that could be put back:
// not in quarantine, and with a file somewhere, be it on a node that is away for a while.
func predecessors(ctx context.Context, l *ledger.Ledger, configKey string, now office) (models []string, err error) {
	history, err := l.PointerHistory(ctx, configKey, now.Name, ledger.Page{Limit: moves})
	if err != nil {
		return nil, err
	}
	var before []string
	for _, move := range history.Items {
		if move.ModelID != now.ModelID {
			before = append(before, move.ModelID)
		}
	}
	return pipeline.Eligible(ctx, l, before, generations, func(p pipeline.Presence) bool { return p != pipeline.Gone })
}

// weigh decides what the weakness of a model is worth: an alarm, if one of those before it is known to be better, for then
// something was lost that can be had again. Otherwise it is information: a young cluster has nothing better yet. It
// returns how the weakness is called.
func (v *verdict) weigh(played record, now office, earlier []string) string {
	for _, model := range earlier {
		if proof, better := played.better(model, now.ModelID, v.Threshold); better {
			v.Better, v.Because = model, fmt.Sprintf("%s, which was %s before and could be put back, is better: %s", model, now.Name, proof)
			return v.Severity
		}
	}
	v.Severity = fine
	v.Because = fmt.Sprintf("no alarm: of %d models that were %s before and could be put back, none is known to be better", len(earlier), now.Name)
	return information
}

// better says by which games an earlier model is known to be better than the one now. Games between the two decide, if
// they are enough to exclude chance. Else the baseline does, if the earlier model did as well against it as is expected and
// the difference is not chance either.
func (r record) better(earlier, now string, expected float64) (proof string, better bool) {
	if _, weaker := r.beats(now, earlier); weaker {
		return "", false
	}
	if proof, better = r.beats(earlier, now); better {
		return proof, true
	}
	was, is := r.met[[2]string{earlier, promotion.Heuristic}], r.met[[2]string{now, promotion.Heuristic}]
	reached, known := was.Rate()
	if !known || was.Games() < leastGames || is.Games() < leastGames || reached < expected || !above(was, is) {
		return "", false
	}
	return fmt.Sprintf("it has won %s games against %s, this one %s", share(was), promotion.Heuristic, share(is)), true
}

// beats says whether the games between two prove that one is stronger: the whole interval of its score is above parity, or
// that of the other one below. With more than two players these are different games.
func (r record) beats(one, other string) (proof string, proven bool) {
	alone, faced := r.met[[2]string{one, other}], r.met[[2]string{other, one}]
	low, _, _ := alone.Interval()
	_, high, _ := faced.Interval()
	switch {
	case alone.Games() >= leastGames && low > alone.Parity():
		return fmt.Sprintf("it has won %s games against this one", share(alone)), true
	case faced.Games() >= leastGames && high < faced.Parity():
		return fmt.Sprintf("this one has won %s games against it", share(faced)), true
	}
	return "", false
}

// above says whether one rate is surely higher than another one: the lower bound (95 %) of their difference is above 0
// (Newcombe 1998, his method 10: square and add, from Wilson's intervals).
func above(one, other rating.Score) bool {
	high, _ := one.Rate()
	low, _ := other.Rate()
	bottom, _, _ := one.Interval()
	_, top, _ := other.Interval()
	return high-low > math.Hypot(high-bottom, top-low)
}

func share(score rating.Score) string {
	reached, _ := score.Rate()
	return fmt.Sprintf("%.3f of %d", reached, score.Games())
}
