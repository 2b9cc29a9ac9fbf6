package evaluation

import (
	"cmp"
	"context"
	"slices"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// inputGames is the name by which the audit calls the file of the games.
const inputGames = "games"

// Audit implements pipeline.Audited: every game is replayed from its moves, by other code than that which played it.
func (e *evaluating) Audit(_ context.Context, _ *ledger.Session, order ledger.Stage, report jobs.Report) (ledger.JobSpec, error) {
	w, _, err := e.workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	games, err := pipeline.OutputOf(report, workload.RoleGames)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	return pipeline.Job(w, workload.Inspect, pipeline.JobOptions{
		Params: workload.InspectParams{File: inputGames, Verify: 1}, Inputs: []jobs.Input{pipeline.Input(inputGames, games)},
		SeedFrom: pipeline.AuditKey(order),
	})
}

// confirm holds evidence against the moves of its games.
func (p plan) confirm(evaluated pipeline.Evaluated, audit jobs.Report) error {
	found, err := pipeline.MetricsOf[workload.InspectMetrics](audit)
	if err != nil {
		return err
	}
	switch {
	case len(found.ReplayErrors) > 0:
		return pipeline.Fault("tampered", "%d of %d games follow from their moves; of the others: %s", found.Verified, found.Games, found.ReplayErrors[0])
	case found.Verified != found.Games || found.Games != evaluated.Valid:
		return pipeline.Fault("tampered", "%d games were counted; of %d in their file %d were replayed", evaluated.Valid, found.Games, found.Verified)
	case len(found.Participants) == 0:
		return pipeline.Fault("bad_result", "inspect does not report what the participants of the games have reached")
	}
	if err := p.confirmCandidate(evaluated, found); err != nil {
		return err
	}
	for i, faced := range evaluated.Opponents {
		name := p.params.Opponents[i].Player
		if err := confirmOpponent(faced, resultOf(found, cmp.Or(name.Baseline, name.Model))); err != nil {
			return err
		}
	}
	return nil
}

// confirmCandidate compares what the candidate has reached in each seat.
func (p plan) confirmCandidate(evaluated pipeline.Evaluated, found workload.InspectMetrics) error {
	counted := make([]workload.Score, p.players)
	for _, faced := range evaluated.Opponents {
		for seat, score := range faced.BySeat {
			counted[seat] = add(counted[seat], score)
		}
	}
	if replayed := resultOf(found, inputCandidate).BySeat; !slices.Equal(replayed, counted) {
		return pipeline.Fault("tampered", "by its moves the candidate has %v by seat, and counted were %v", replayed, counted)
	}
	return nil
}

// confirmOpponent compares an opponent's games, which has all seats but the candidate's.
func confirmOpponent(faced pipeline.Faced, found workload.ParticipantResult) error {
	candidate := workload.ParticipantResult{BySeat: faced.BySeat}.Total()
	seats := len(faced.BySeat) - 1
	counted := workload.Score{
		Games: candidate.Games * seats, Wins: candidate.Losses, Draws: candidate.Draws * seats,
		Losses: candidate.Wins*seats + candidate.Losses*(seats-1),
	}
	if replayed := found.Total(); replayed != counted {
		return pipeline.Fault("tampered", "by its moves %s has %+v, and counted were %+v", faced.Opponent, replayed, counted)
	}
	return nil
}

// resultOf is what was replayed of a participant; without games nothing.
func resultOf(found workload.InspectMetrics, name string) workload.ParticipantResult {
	for _, one := range found.Participants {
		if one.ID == name {
			return one
		}
	}
	return workload.ParticipantResult{}
}

func add(a, b workload.Score) workload.Score {
	return workload.Score{Games: a.Games + b.Games, Wins: a.Wins + b.Wins, Draws: a.Draws + b.Draws, Losses: a.Losses + b.Losses}
}
