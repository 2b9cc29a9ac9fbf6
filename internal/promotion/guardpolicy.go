package promotion

import (
	"errors"
	"maps"
	"slices"
)

// GuardPolicy is what Guard goes by. DefaultGuardPolicy has the figures to start from; zero means zero.
type GuardPolicy struct {
	Name string `json:"name"` // of the preset
	// Canonical follows into production if it beats the model there over Games games, 1 or more, default 100: by
	// WinElo, the rate in Elo, 0 or more, default 14 (52 % with two players), with the lower bound at least at
	// parity; and is rated RatingGain Elo higher, 0 or more, default 25.
	Games      int64   `json:"games"`
	WinElo     float64 `json:"win_elo"`
	RatingGain float64 `json:"rating_gain"`
	// MinHarnesses is in how many harnesses it has to be rated, 0 or more; default 2.
	MinHarnesses int64 `json:"min_harnesses"`
	// MinRating is the least rating in production, in Elo, 0 to 4 000; 0: any; default 1650.
	MinRating float64 `json:"min_rating"`
	// Random and Heuristic are the least rates against the baselines, 0 to 1; 0: any; default 0.90, 0.82, 0.75 and
	// 0.60, 0.43, 0.33, which are the same in Elo.
	Random    ByPlayers[float64] `json:"random"`
	Heuristic ByPlayers[float64] `json:"heuristic"`

	// Drop is how far below its reference a rating is a regression, in Elo, above 0, default 30; DropByBoard overrides it. It is
	// half as much again below 700 Elo and 0.7 of it above 1500, where ratings are known less or better.
	Drop        float64            `json:"drop"`
	DropByBoard map[string]float64 `json:"drop_by_board,omitempty"`
	// LossElo is the rate that is a regression, in Elo, below 0, default −70 (40 % with two players).
	LossElo float64 `json:"loss_elo"`
	// CheckGames is how many games a check needs to say anything, 1 or more; default 20.
	CheckGames int64 `json:"check_games"`
	// Consecutive is how many checks in a row have to find a regression, 1 or more; default 3.
	Consecutive int `json:"consecutive"`
	// RollbackCooldownSeconds is the least time between rollbacks, 0 or more, default 3600; RollbacksPerDay how many
	// there are within 24 hours at most, 1 or more, default 3.
	RollbackCooldownSeconds float64 `json:"rollback_cooldown_seconds"`
	RollbacksPerDay         int     `json:"rollbacks_per_day"`
}

// DefaultGuardPolicy returns the figures of the preset standard.
func DefaultGuardPolicy() GuardPolicy {
	return GuardPolicy{
		Name: "standard", Games: 100, WinElo: 14, RatingGain: 25, MinHarnesses: 2, MinRating: 1650,
		Random: ByPlayers[float64]{0.90, 0.82, 0.75}, Heuristic: ByPlayers[float64]{0.60, 0.43, 0.33},
		Drop: 30, DropByBoard: map[string]float64{"hex8": 50, "square8": 40, "square19": 20, "hexagonal": 25},
		LossElo: -70, CheckGames: 20, Consecutive: 3, RollbackCooldownSeconds: 3600, RollbacksPerDay: 3,
	}
}

// Validate names every fault of the policy.
func (p GuardPolicy) Validate() error {
	var f faults
	f.unless(p.Name != "", "name is empty")
	f.atLeast("games", float64(p.Games), 1)
	f.atLeast("win_elo", p.WinElo, 0)
	f.atLeast("rating_gain", p.RatingGain, 0)
	f.atLeast("min_harnesses", float64(p.MinHarnesses), 0)
	f.unless(p.MinRating >= 0 && p.MinRating <= 4000, "min_rating = %g: use 0 to 4000", p.MinRating)
	for players := 2; players <= 4; players++ {
		f.share("random", p.Random.For(players), 0)
		f.share("heuristic", p.Heuristic.For(players), 0)
	}
	f.unless(p.Drop > 0, "drop = %g: use more than 0", p.Drop)
	for _, board := range slices.Sorted(maps.Keys(p.DropByBoard)) {
		f.unless(p.DropByBoard[board] > 0, "drop_by_board %s = %g: use more than 0", board, p.DropByBoard[board])
	}
	f.unless(p.LossElo < 0, "loss_elo = %g: use less than 0", p.LossElo)
	f.atLeast("check_games", float64(p.CheckGames), 1)
	f.atLeast("consecutive", float64(p.Consecutive), 1)
	f.atLeast("rollback_cooldown_seconds", p.RollbackCooldownSeconds, 0)
	f.atLeast("rollbacks_per_day", float64(p.RollbacksPerDay), 1)
	return errors.Join(f...)
}
