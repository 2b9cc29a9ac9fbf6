package pipelinetest

import (
	"encoding/json"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Decide puts a decision about the candidate of an iteration on record that a test makes up: the candidate is so many
// Elo above the canonical model.
func (r *Rig) Decide(config string, iteration int64, verdict spec.Verdict, gain float64) ledger.Decision {
	r.Helper()
	canonical, candidate := 1500.0, 1500+gain
	inputs, err := json.Marshal(pipeline.Promotion{Iteration: iteration, Record: promotion.Record{
		Evidence: promotion.Evidence{ConfigKey: config, CandidateRating: &candidate, CanonicalRating: &canonical},
	}})
	require.NoError(r, err)
	made, _, err := r.Session.Decide(r.Context(), ledger.Decision{
		Kind: pipeline.DecisionPromotion, Key: fmt.Sprintf("made-up/%s/%d", config, iteration), ConfigKey: config, Inputs: inputs,
		Verdict: string(verdict), Reason: "made up",
	})
	require.NoError(r, err)
	return made
}
