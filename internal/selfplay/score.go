package selfplay

import "math"

// Features are what a configuration's score follows from, each from 0 to 1 and unknown ones as the neutral value that
// is named. They are stored with the plan, so that everybody can recompute it.
type Features struct {
	// Need is how much is missing of the window of recent games that training wants.
	Need float64 `json:"need"`
	// Gap is how far its best model is from the target, 500 Elo or more being 1; 0 without a target or a rating.
	Gap float64 `json:"gap"`
	// Staleness is how long it has not been played: 0 within an hour, 1 from four hours on.
	Staleness float64 `json:"staleness"`
	// Information is the worth of knowing more of it: high while ratings are uncertain; 0.5 without a rating.
	Information float64 `json:"value_of_information"`
	// Ready is 1 if a fifth or less of what the next training needs is missing, else 0.
	Ready float64 `json:"train_ready"`
	// Weight is its weight in the curriculum, .3 to 2.5; Exploration is 1 to 2. Both are 1 if nobody says otherwise.
	Weight      float64 `json:"curriculum_weight"`
	Exploration float64 `json:"exploration"`
	// Quality is what its newest games are worth as training data; nil if nobody has judged them. It bears on how many
	// games are played, not on whose they are.
	Quality *float64 `json:"quality,omitempty"`
	// Bootstrap says that it has fewer games than it takes to begin with.
	Bootstrap bool `json:"bootstrap,omitempty"`
}

// Score is how much a configuration deserves, and why.
type Score struct {
	Features
	Value float64 `json:"score"`
	Share float64 `json:"share"` // of the budget, over all configurations 1
}

// The weights of the features and the rules of sharing, after specs/03 E.
const (
	baseScore        = .05
	needWeight       = .40
	gapWeight        = .20
	stalenessWeight  = .15
	informationShare = .10
	readyWeight      = .10

	bootstrapShare = .60 // of the budget goes to those who only begin, in equal parts
	maxShareFrom   = 4
	tolerance      = 1e-9
)

// value is the score of one configuration.
func (f Features) value() float64 {
	return clamp(f.Weight, .3, 2.5) * clamp(f.Exploration, 1, 2) * (baseScore + needWeight*unit(f.Need) + gapWeight*unit(f.Gap) +
		stalenessWeight*unit(f.Staleness) + informationShare*unit(f.Information) + readyWeight*unit(f.Ready))
}

// Sharing bounds the shares.
type Sharing struct {
	Floor float64 // the least, as a part of an equal share
	Cap   float64 // the most, from maxShareFrom configurations on
}

// Scores returns the scores and the shares of configurations, in the order of their features.
func Scores(features []Features, sharing Sharing) []Score {
	scores := make([]Score, len(features))
	beginners := 0
	for i, f := range features {
		scores[i] = Score{Features: f, Value: f.value()}
		if f.Bootstrap {
			beginners++
		}
	}
	free := 1.0
	if beginners > 0 && beginners < len(scores) {
		free -= bootstrapShare
	}
	total := 0.0
	for _, score := range scores {
		if !score.Bootstrap {
			total += score.Value
		}
	}
	for i := range scores {
		switch {
		case !scores[i].Bootstrap:
			scores[i].Share = free * scores[i].Value / total
		case beginners == len(scores):
			scores[i].Share = 1 / float64(beginners)
		default:
			scores[i].Share = bootstrapShare / float64(beginners)
		}
	}
	sharing.bound(scores)
	return scores
}

// bound lifts shares to the floor and cuts them at the cap; what that gives or takes is spread over the others.
func (s Sharing) bound(scores []Score) {
	floor, limit := s.Floor/float64(len(scores)), 1.0
	if len(scores) >= maxShareFrom {
		limit = math.Max(s.Cap, 1/float64(len(scores)))
	}
	fixed := make([]bool, len(scores))
	for range scores { // each round fixes one at least, or ends
		rest, total := 1.0, 0.0
		for i, score := range scores {
			if fixed[i] {
				rest -= score.Share
			} else {
				total += score.Share
			}
		}
		at := -1
		for i := range scores {
			if fixed[i] || total == 0 {
				continue
			}
			scores[i].Share *= rest / total
		}
		for i := range scores {
			over := excess(scores[i].Share, floor, limit)
			if !fixed[i] && over > tolerance && (at < 0 || over > excess(scores[at].Share, floor, limit)) {
				at = i
			}
		}
		if at < 0 {
			return
		}
		scores[at].Share, fixed[at] = clamp(scores[at].Share, floor, limit), true
	}
}

// excess is how far a share is out of its bounds.
func excess(share, floor, limit float64) float64 { return math.Max(floor-share, share-limit) }

func unit(x float64) float64 { return clamp(x, 0, 1) }

func clamp(x, low, high float64) float64 { return math.Min(math.Max(x, low), high) }
