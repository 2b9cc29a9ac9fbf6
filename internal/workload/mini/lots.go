package main

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
)

// draw is a hash: the identity of a game or a sample, and a fair lot at the same time.
type draw [16]byte

// holdOut draws the games that are kept apart: their share, but at least one of two or more.
func (c *combiner) holdOut() {
	lots := make([]draw, 0, len(c.games))
	for lot := range c.games {
		lots = append(lots, lot)
	}
	slices.SortFunc(lots, func(a, b draw) int { return slices.Compare(a[:], b[:]) })
	fraction := orOff(c.params.HoldoutFraction, holdoutFraction)
	kept := int(math.Round(fraction * float64(len(lots))))
	if fraction > 0 && len(lots) > 1 {
		kept = min(max(kept, 1), len(lots)-1)
	}
	for _, lot := range lots[:kept] {
		c.games[lot] = true
	}
}

// take puts a sample where it belongs, as often as its weight says.
func (c *combiner) take(source combineSource, row *dataset.Row) error {
	lot := c.lot(row.GameID, row.Position)
	if c.seen[lot] {
		c.metrics.DedupDropped++
		return nil
	}
	if len(c.seen) == maxCombined {
		return badRequest("datasets: more than %d samples in all", maxCombined)
	}
	c.seen[lot] = true
	if c.games[c.lot(row.GameID, -1)] {
		c.metrics.HoldoutSamples++
		return c.holdout.Append(row)
	}
	wanted := source.copies * c.thin
	copies := math.Floor(wanted)
	if lot.share() < wanted-copies {
		copies++
	}
	for range int(copies) {
		if limit := int64(c.params.MaxSamples); limit > 0 && c.metrics.Samples == limit {
			return nil
		}
		c.metrics.Samples++
		c.metrics.SamplesBySource[source.name]++
		if err := c.train.Append(row); err != nil {
			return err
		}
	}
	return nil
}

// lot identifies a position of a game, or with position −1 the game, by a hash that the request's seed decides.
func (c *combiner) lot(gameID string, position int32) draw {
	key := binary.LittleEndian.AppendUint64(nil, uint64(c.task.Request.Seed))
	key = binary.LittleEndian.AppendUint32(key, uint32(position))
	sum := sha256.Sum256(append(key, gameID...))
	return draw(sum[:16])
}

// share reads the hash as a number from 0 to 1.
func (d draw) share() float64 {
	return float64(binary.LittleEndian.Uint64(d[8:])>>11) / (1 << 53)
}
