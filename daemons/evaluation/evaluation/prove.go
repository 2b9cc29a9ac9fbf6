package evaluation

import (
	"context"
	"slices"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// prove says what a job has played, if that is what it reports, and enough of what was planned.
func (e *evaluating) prove(ctx context.Context, l *ledger.Ledger, order ledger.Stage, job ledger.Job, report jobs.Report) (pipeline.Evaluated, error) {
	request, err := pipeline.RequestOf(job)
	if err != nil {
		return pipeline.Evaluated{}, err
	}
	plan, err := planOf(order.ConfigKey, request)
	if err != nil {
		return pipeline.Evaluated{}, err
	}
	counted, err := plan.count(ctx, l, report)
	if err != nil {
		return pipeline.Evaluated{}, err
	}
	metrics, err := pipeline.MetricsOf[workload.EvaluateMetrics](report)
	if err != nil {
		return pipeline.Evaluated{}, err
	}
	evaluated := pipeline.Evaluated{
		EvaluationID: plan.id, ModelID: plan.candidate, CanonicalID: plan.canonical, Protocol: plan.protocol, JobID: job.ID,
		Harness: plan.harness(), Node: report.Node, PlayedAt: counted.last,
	}
	for i, opponent := range plan.params.Opponents {
		faced, err := plan.compare(opponent, reported(metrics, i), counted)
		if err != nil {
			return evaluated, err
		}
		evaluated.Opponents = append(evaluated.Opponents, faced)
		evaluated.Planned, evaluated.Invalid = evaluated.Planned+faced.Planned, evaluated.Invalid+faced.Invalid
		evaluated.Valid += faced.Score().Games()
	}
	if err := enough(evaluated, e.settings().Policy.ValidShare); err != nil {
		return evaluated, err
	}
	audit, err := pipeline.AuditOf(ctx, l, order)
	if err != nil {
		return evaluated, err
	}
	evaluated.AuditJobID = audit.JobID
	return evaluated, plan.confirm(evaluated, audit)
}

// reported is what a job says of an opponent; one that it did not come to has no games.
func reported(metrics workload.EvaluateMetrics, number int) workload.OpponentResult {
	if number < len(metrics.PerOpponent) {
		return metrics.PerOpponent[number]
	}
	return workload.OpponentResult{}
}

// compare holds what is reported of an opponent against the games there are.
func (p plan) compare(opponent workload.Opponent, said workload.OpponentResult, counted recount) (pipeline.Faced, error) {
	name := p.opponent(opponent.Player)
	bySeat := counted.bySeat[name]
	total := workload.ParticipantResult{BySeat: bySeat}.Total()
	faced := pipeline.Faced{Opponent: name, Planned: p.games(opponent), Invalid: int64(said.Invalid), BySeat: bySeat}
	switch {
	case said.Score != total:
		return faced, pipeline.Fault("tampered", "reported against %s are %d wins, %d draws, %d losses; the files have %d, %d, %d",
			name, said.Wins, said.Draws, said.Losses, total.Wins, total.Draws, total.Losses)
	case total.Games > 0 && !slices.Equal(said.BySeat, bySeat):
		return faced, pipeline.Fault("tampered", "reported against %s by seat is %v; the files have %v", name, said.BySeat, bySeat)
	case said.Invalid < 0 || !pipeline.Balanced(bySeat, said.Invalid):
		return faced, pipeline.Fault("unbalanced", "against %s the candidate did not play each seat equally often: %v", name, bySeat)
	}
	if said.StoppedEarly && p.params.StopRule != nil && total.Games >= p.params.StopRule.MinGames {
		faced.Planned = faced.Invalid + int64(total.Games) // the rest was not needed
	}
	return faced, nil
}

// enough says whether so many of the games against each opponent are valid that they are evidence.
func enough(evaluated pipeline.Evaluated, share float64) error {
	for _, faced := range evaluated.Opponents {
		valid := faced.Score().Games()
		if valid == 0 || float64(valid) < share*float64(faced.Planned) {
			return pipeline.Fault("too_few_games", "%d of %d games against %s are valid, at least %.0f %% are needed",
				valid, faced.Planned, faced.Opponent, share*100)
		}
	}
	return nil
}
