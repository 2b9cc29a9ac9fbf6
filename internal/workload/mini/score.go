package main

import (
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// scoreGame adds a game to the scores by seat of who sat at the seat.
func scoreGame(bySeat []workload.Score, seat, winner int) {
	score := &bySeat[seat]
	score.Games++
	switch winner {
	case seat:
		score.Wins++
	case game.None:
		score.Draws++
	default:
		score.Losses++
	}
}

// total adds seats up.
func total(bySeat []workload.Score) workload.Score {
	return workload.ParticipantResult{BySeat: bySeat}.Total()
}
