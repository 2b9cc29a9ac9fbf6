package spec_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// TestGraphAgainstOracle compares every graph query with answers read off the matrix of who reaches whom.
func TestGraphAgainstOracle(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		rows := randomRows(random)
		r, err := spec.NewRegistry(rows)
		require.NoError(t, err, "seed %d", seed)
		reach := reachability(rows)
		asked := slices.DeleteFunc(typesOf(rows), func(spec.Type) bool { return random.IntN(3) == 0 })

		closure := r.Closure(asked)
		require.ElementsMatch(t, oracleClosure(rows, asked, reach), closure, "seed %d: closure", seed)
		for name, order := range map[string][]spec.Type{
			"closure": closure, "order of a part": r.Order(asked), "order of all": r.Order(r.Types()),
		} {
			requireOrdered(t, r, order, reach, fmt.Sprintf("seed %d: %s", seed, name))
		}
		require.ElementsMatch(t, asked, r.Order(asked), "seed %d: order keeps what was asked", seed)
		requireLayers(t, r.Layers(asked), asked, reach, seed)

		again, err := spec.NewRegistry(shuffled(random, rows))
		require.NoError(t, err, "seed %d", seed)
		slices.Reverse(asked)
		require.Equal(t, r.Order(r.Types()), again.Order(again.Types()), "seed %d: order after shuffling", seed)
		require.Equal(t, r.Layers(asked), again.Layers(asked), "seed %d: layers after shuffling", seed)
		for _, name := range r.Types() {
			require.Equal(t, r.Dependencies(name), again.Dependencies(name), "seed %d: dependencies of %s", seed, name)
			require.Equal(t, r.Dependents(name), again.Dependents(name), "seed %d: dependents of %s", seed, name)
			for _, dependent := range r.Dependents(name) {
				require.Contains(t, r.Dependencies(dependent), name, "seed %d", seed)
			}
		}
	}
}

// TestCyclesAgainstOracle adds random edges: a cycle is reported exactly when some type reaches itself.
func TestCyclesAgainstOracle(t *testing.T) {
	t.Parallel()
	cyclic := 0
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 2))
		rows := randomRows(random)
		for i := range rows {
			rows[i].StartupPosition = -1
		}
		from, to := &rows[random.IntN(len(rows))], rows[random.IntN(len(rows))].Type
		if from.Type != to && !slices.Contains(from.DependsOn, to) {
			from.DependsOn = append(from.DependsOn, to)
		}
		reach := reachability(rows)
		_, err := spec.NewRegistry(rows)
		if !slices.ContainsFunc(typesOf(rows), func(name spec.Type) bool { return reach[name][name] }) {
			require.NoError(t, err, "seed %d", seed)
			continue
		}
		cyclic++
		var faults spec.Faults
		require.ErrorAs(t, err, &faults, "seed %d", seed)
		for _, fault := range faults {
			requireCycle(t, fault.Value, rows, seed)
		}
	}
	require.Greater(t, cyclic, 30, "the test must see cycles")
}

func TestOrderPullsUnplacedDependenciesInFront(t *testing.T) {
	t.Parallel()
	r := registry(t,
		row("Z_LAST"), row("A_LAST"),
		at(2, row("QUALITY", "ROUTER")),
		at(1, row("TRIGGER", "EXPORT")),
		row("EXPORT", "ROUTER"),
		at(0, row("ROUTER")))
	require.Equal(t, types("ROUTER EXPORT TRIGGER QUALITY A_LAST Z_LAST"), r.Order(r.Types()))
}

func TestOrderAndLayersSeeThroughWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	r := registry(t, row("A", "B"), row("B", "C"), row("C"), row("D"))
	require.Equal(t, types("C A"), r.Order(types("A C")))
	require.Equal(t, [][]spec.Type{types("C D"), types("A")}, r.Layers(types("A C D")))
	require.Empty(t, r.Layers(nil))
	require.Empty(t, r.Closure(types("NOBODY")))
}

// randomRows makes an acyclic table: a row needs rows before it, and positions grow with the rows.
func randomRows(random *rand.Rand) []spec.Daemon {
	names := random.Perm(1000)[:2+random.IntN(25)]
	position := 0
	var rows []spec.Daemon
	for i, name := range names {
		d := row(spec.Type(fmt.Sprintf("D%03d", name)))
		for _, before := range rows[:i] {
			if random.IntN(4) == 0 {
				d.DependsOn = append(d.DependsOn, before.Type)
			}
		}
		if random.IntN(2) == 0 {
			d.StartupPosition = position
			position++
		}
		rows = append(rows, d)
	}
	return rows
}

// shuffled is the same table with its rows, and the edges of each, in another order.
func shuffled(random *rand.Rand, rows []spec.Daemon) []spec.Daemon {
	rows = slices.Clone(rows)
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for i := range rows {
		edges := slices.Clone(rows[i].DependsOn)
		random.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
		rows[i].DependsOn = edges
	}
	return rows
}

// reachability says for every pair whether the first needs the second, directly or not.
func reachability(rows []spec.Daemon) map[spec.Type]map[spec.Type]bool {
	reach := make(map[spec.Type]map[spec.Type]bool)
	for _, d := range rows {
		reach[d.Type] = make(map[spec.Type]bool)
		for _, dependency := range d.DependsOn {
			reach[d.Type][dependency] = true
		}
	}
	for _, middle := range rows {
		for _, from := range rows {
			for _, to := range rows {
				if reach[from.Type][middle.Type] && reach[middle.Type][to.Type] {
					reach[from.Type][to.Type] = true
				}
			}
		}
	}
	return reach
}

func oracleClosure(rows []spec.Daemon, asked []spec.Type, reach map[spec.Type]map[spec.Type]bool) []spec.Type {
	return slices.DeleteFunc(typesOf(rows), func(name spec.Type) bool {
		needed := slices.ContainsFunc(asked, func(by spec.Type) bool { return reach[by][name] })
		return !needed && !slices.Contains(asked, name)
	})
}

// requireOrdered demands that nothing stands before what it needs, and that positions grow.
func requireOrdered(t *testing.T, r *spec.Registry, order []spec.Type, reach map[spec.Type]map[spec.Type]bool, what string) {
	t.Helper()
	last := -1
	for i, earlier := range order {
		for _, later := range order[i:] {
			require.False(t, reach[earlier][later], "%s: %s stands before %s, which it needs", what, earlier, later)
		}
		if position := r.StartupPosition(earlier); position >= 0 {
			require.Greater(t, position, last, "%s: position of %s", what, earlier)
			last = position
		}
	}
}

// requireLayers demands that a type is in the layer right above the highest of what it needs.
func requireLayers(t *testing.T, layers [][]spec.Type, asked []spec.Type, reach map[spec.Type]map[spec.Type]bool, seed uint64) {
	t.Helper()
	require.ElementsMatch(t, asked, slices.Concat(layers...), "seed %d: layers", seed)
	layerOf := make(map[spec.Type]int)
	for i, layer := range layers {
		for _, name := range layer {
			layerOf[name] = i
		}
	}
	for _, name := range asked {
		want := 0
		for _, other := range asked {
			if reach[name][other] {
				want = max(want, layerOf[other]+1)
			}
		}
		require.Equal(t, want, layerOf[name], "seed %d: layer of %s", seed, name)
	}
}

// requireCycle demands that a reported path follows edges and ends where it begins.
func requireCycle(t *testing.T, value string, rows []spec.Daemon, seed uint64) {
	t.Helper()
	names := strings.Split(value, " → ")
	require.Equal(t, names[0], names[len(names)-1], "seed %d: %s", seed, value)
	for i := range names[1:] {
		at := slices.IndexFunc(rows, func(d spec.Daemon) bool { return string(d.Type) == names[i] })
		require.Contains(t, rows[at].DependsOn, spec.Type(names[i+1]), "seed %d: %s", seed, value)
	}
}

func types(names string) []spec.Type {
	var types []spec.Type
	for _, name := range strings.Fields(names) {
		types = append(types, spec.Type(name))
	}
	return types
}

func typesOf(rows []spec.Daemon) []spec.Type {
	types := make([]spec.Type, len(rows))
	for i, d := range rows {
		types[i] = d.Type
	}
	return types
}
