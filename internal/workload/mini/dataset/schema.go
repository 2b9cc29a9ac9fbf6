package dataset

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/npz"
)

// Encoder names how positions become features.
const Encoder = "planes-1"

// ErrIncompatible says that a dataset is for another game or of another encoder.
var ErrIncompatible = errors.New("incompatible dataset")

// Names of the scalars that say which files fit together.
const (
	scalarConfig  = "config_key"
	scalarRules   = "rules_hash"
	scalarEncoder = "encoder_version"
)

// gameIDColumn is the one column whose type is not the same in all files of a game.
const gameIDColumn = 3

func columns(rules *game.Rules, idWidth int) []npz.Array {
	cells := len(rules.Cells)
	return []npz.Array{
		{Name: "features", Type: "|u1", Shape: []int{rules.Players, cells}},
		{Name: "policy", Type: "<f4", Shape: []int{cells}},
		{Name: "value", Type: "<f4", Shape: []int{rules.Players}},
		npz.Text("game_id", idWidth),
		{Name: "position", Type: "<i4"},
		{Name: "generation", Type: "<i4"},
		{Name: "weight", Type: "<f4"},
	}
}

func scalars(rules *game.Rules) []npz.Scalar {
	return []npz.Scalar{
		npz.TextScalar(scalarConfig, rules.Key),
		npz.TextScalar(scalarRules, rules.Hash()),
		npz.TextScalar(scalarEncoder, Encoder),
	}
}

// fits checks that a file is for these rules and has the arrays that mini writes. It returns the width of its
// game ids.
func fits(rules *game.Rules, file *npz.Reader) (idWidth int, err error) {
	for _, want := range scalars(rules) {
		if got := file.Scalar(want.Array.Name); got != string(want.Data) {
			return 0, fmt.Errorf("%w: %s is %q, not %q", ErrIncompatible, want.Array.Name, got, want.Data)
		}
	}
	arrays := file.Arrays()
	if len(arrays) > gameIDColumn {
		idWidth, _ = arrays[gameIDColumn].RowBytes() // the reader has refused what has no size
	}
	want := columns(rules, idWidth)
	for i := range want {
		if i >= len(arrays) || arrays[i].Name != want[i].Name || arrays[i].Type != want[i].Type || !sameShape(arrays[i], want[i]) {
			return 0, fmt.Errorf("%w: array %d is not %s of type %s and shape (rows, %v)", ErrIncompatible, i, want[i].Name, want[i].Type, want[i].Shape)
		}
	}
	if len(arrays) != len(want) {
		return 0, fmt.Errorf("%w: %d arrays, not %d", ErrIncompatible, len(arrays), len(want))
	}
	return idWidth, nil
}

func sameShape(a, b npz.Array) bool {
	return slices.Equal(a.Shape, b.Shape)
}
