package autopromotion

import (
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// news are the events of a decision. Told again they are the same.
func news(made decision, s streak) []bus.Payload {
	evidence, verdict := made.by.Record.Evidence, made.by.Record.Verdict
	about := promotionOf(made.Decision, verdict.ModelID, evidence.Evaluation.EvalID)
	completed := bus.PromotionCompleted{
		Promotion: about, Success: verdict.Promote, EstimatedElo: evidence.CandidateRating, PreviousElo: evidence.CanonicalRating,
	}
	if verdict.Promote {
		completed.ConsecutivePasses = s.length
		promoted := bus.ModelPromoted{
			Promotion: about, SHA256: evidence.Candidate.SHA256, Stage: string(ledger.Canonical), PreviousModelID: verdict.Replaces,
			Elo: evidence.CandidateRating, EloGain: difference(evidence.CandidateRating, evidence.CanonicalRating),
		}
		return []bus.Payload{promoted, completed}
	}
	completed.ConsecutiveFailures = s.length
	rejected := bus.PromotionRejected{Promotion: about, FirstFailed: verdict.Gate}
	for _, gate := range verdict.Gates {
		rejected.Gates = append(rejected.Gates, bus.PromotionGate{
			Name: gate.Name, Passed: gate.Passed, Actual: gate.Actual, Threshold: gate.Threshold, Reason: gate.Reason,
		})
	}
	return []bus.Payload{rejected, completed}
}

func promotionOf(made ledger.Decision, model, evaluation string) bus.Promotion {
	return bus.Promotion{Config: bus.ConfigOf(made.ConfigKey), PromotionID: made.Key, ModelID: model, Evidence: evaluation, Reason: made.Reason}
}

// difference is unknown if one of the two is.
func difference(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	d := *a - *b
	return &d
}

// passed says whether a decision let its candidate pass.
func passed(made ledger.Decision) bool {
	return made.Verdict == string(spec.VerdictPromoted)
}
