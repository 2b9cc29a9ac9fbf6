package distillation

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/workload"
)

// tolerance is how far a reported ratio of sizes may be from that of the files.
const tolerance = 0.02

// badResult says that what a job has left does not stand the proof.
type badResult struct{ text string }

func (b *badResult) Error() string { return b.text }

func bad(format string, args ...any) error { return &badResult{fmt.Sprintf(format, args...)} }

// student returns the student's file and how alike it is, if that can be.
func (c course) student(report jobs.Report) (file jobs.Output, metrics workload.DistillMetrics, err error) {
	if file, err = pipeline.OutputOf(report, workload.RoleModel); err != nil {
		return file, metrics, bad("%v", err)
	}
	if metrics, err = pipeline.MetricsOf[workload.DistillMetrics](report); err != nil {
		return file, metrics, bad("%v", err)
	}
	size := float64(file.Bytes) / float64(max(c.teacher.Bytes, 1))
	switch {
	case file.SHA256.String() == c.teacher.SHA256:
		return file, metrics, bad("the student of job %s is its teacher", report.JobID)
	case !finite(metrics.Correlation, metrics.SignAgreement, metrics.SizeRatio, metrics.LatencyRatio, metrics.LatencyLow, metrics.LatencyHigh):
		return file, metrics, bad("job %s reports numbers that are not finite", report.JobID)
	case metrics.LatencyHigh != 0 && !(0 < metrics.LatencyLow && metrics.LatencyLow <= metrics.LatencyRatio && metrics.LatencyRatio <= metrics.LatencyHigh):
		return file, metrics, bad("job %s reports a latency ratio of %g between %g and %g", report.JobID, metrics.LatencyRatio, metrics.LatencyLow, metrics.LatencyHigh)
	case math.Abs(metrics.SizeRatio-size) > tolerance:
		return file, metrics, bad("job %s reports a size ratio of %.3f; that of the files is %.3f", report.JobID, metrics.SizeRatio, size)
	}
	return file, metrics, nil
}

func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// Faced is what came of a student's games against one opponent, counted from their files.
type Faced struct {
	Opponent string       `json:"opponent"` // a baseline, or the teacher by its id
	Planned  int64        `json:"planned"`
	Score    rating.Score `json:"score"`
}

// games counts what a student has played, from the games that the ledger took from the match's file, and compares it with
// the report.
func (c course) games(ctx context.Context, l *ledger.Ledger, student string, report jobs.Report) (all []Faced, err error) {
	metrics, err := pipeline.MetricsOf[workload.EvaluateMetrics](report)
	if err != nil {
		return nil, bad("%v", err)
	}
	played, err := pipeline.GamesOf(ctx, l, report)
	if err != nil {
		return nil, err
	}
	names := append([]string{c.teacher.ID}, c.baselines()...)
	if len(metrics.PerOpponent) != len(names) {
		return nil, bad("job %s reports %d opponents, not %d", report.JobID, len(metrics.PerOpponent), len(names))
	}
	for i, name := range names {
		faced := Faced{Opponent: name, Planned: int64(c.settings.Games), Score: rating.Score{Players: c.players}}
		for _, game := range played {
			count(&faced.Score, game, student, name)
		}
		said := metrics.PerOpponent[i].Score
		if got := faced.Score; got.Wins != int64(said.Wins) || got.Draws != int64(said.Draws) || got.Losses != int64(said.Losses) {
			return nil, bad("reported against %s are %d wins, %d draws, %d losses; the files have %d, %d, %d",
				name, said.Wins, said.Draws, said.Losses, got.Wins, got.Draws, got.Losses)
		}
		if games := faced.Score.Games(); float64(games) < c.settings.ValidShare*float64(faced.Planned) {
			return nil, bad("%d of %d games against %s count, at least %.0f %% are needed", games, faced.Planned, name, c.settings.ValidShare*100)
		}
		all = append(all, faced)
	}
	return all, nil
}

// count adds a game of the student against an opponent, who has all other seats.
func count(score *rating.Score, game ledger.Game, student, opponent string) {
	seat := slices.Index(game.ModelIDs, student)
	if seat < 0 || !slices.Contains(game.ModelIDs, opponent) {
		return
	}
	switch game.Winner {
	case ledger.UnknownWinner: // it counts for nobody
	case ledger.Draw:
		score.Draws++
	case int64(seat) + 1:
		score.Wins++
	default:
		score.Losses++
	}
}
