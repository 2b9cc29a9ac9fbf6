package promotion

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/rating"
)

// faults collects what is wrong with a policy.
type faults []error

func (f *faults) unless(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Errorf(format, args...))
	}
}

func (f *faults) share(name string, value, least float64) {
	f.unless(value >= least && value <= 1, "%s = %g: use %g to 1", name, value, least)
}

func (f *faults) atLeast(name string, value, least float64) {
	f.unless(value >= least && value <= 1e9, "%s = %g: use %g or more", name, value, least)
}

// Validate names every fault of the policy.
func (p Policy) Validate() error {
	var f faults
	f.unless(p.Name != "", "name is empty")
	f.unless(p.Protocol != "", "protocol is empty")
	f.unless(slices.Contains(p.Baselines, Random), "baselines = %v: add %s", p.Baselines, Random)
	f.share("valid_share", p.ValidShare, 0.5)
	for players := 2; players <= 4; players++ {
		p.validateGames(players, &f)
	}
	if err := p.SPRT.Validate(); err != nil {
		f.unless(false, "sprt: %w", err)
	}
	f.unless(p.RateGames >= 0 && p.RateGames <= p.SPRT.MaxGames, "rate_games = %d: use 0 to sprt.max_games = %d", p.RateGames, p.SPRT.MaxGames)
	f.unless(p.RateElo > 0 && p.RateElo <= 1000, "rate_elo = %g: use more than 0, at most 1000", p.RateElo)
	f.atLeast("rating_gain", p.RatingGain, 0)
	f.unless(p.YoungRatingGain >= 0 && p.YoungRatingGain <= p.RatingGain, "young_rating_gain = %g: use 0 to rating_gain = %g", p.YoungRatingGain, p.RatingGain)
	f.atLeast("young_games", float64(p.YoungGames), 0)
	f.share("quality", p.Quality, 0)
	f.atLeast("quality_games", float64(p.QualityGames), 0)
	f.atLeast("cooldown_seconds", p.CooldownSeconds, 0)
	return errors.Join(f...)
}

// validateGames checks what hangs together for a number of players.
func (p Policy) validateGames(players int, f *faults) {
	required, played := p.RequiredGames.For(players), p.PlayedGames.For(players)
	f.unless(required >= 1 && required <= 100_000, "required_games of %d players = %d: use 1 to 100000", players, required)
	f.unless(float64(played)*p.ValidShare >= float64(required),
		"played_games of %d players = %d: with %g of them valid, %d games are not reached", players, played, p.ValidShare, required)
	best, _ := rating.Wilson(1, max(1, required))
	reachable := func(name string, floor float64) {
		f.unless(floor > 0 && floor <= best, "%s of %d players = %g: use more than 0, at most %.3f, the lower bound of %d wins in %d games",
			name, players, floor, best, required, required)
	}
	reachable("floor", p.Floor.For(players))
	reachable("bootstrap_floor", p.BootstrapFloor.For(players))
}
