package metricsanalysis

import (
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

const lease = 10 * time.Minute

// complete ends a job with a result.
func complete(k *killtest.Cluster, job ledger.Job, result json.RawMessage) {
	k.Helper()
	claimed, err := k.Operator.ClaimJob(k.Context(), job.ID, "node-1", lease)
	require.NoError(k, err)
	held := ledger.Lease{JobID: job.ID, Token: claimed.Token}
	_, err = k.Operator.StartJob(k.Context(), held, lease)
	require.NoError(k, err)
	_, err = k.Operator.CompleteJob(k.Context(), held, result)
	require.NoError(k, err)
}

// evaluate puts the evaluation of a model on record, and the ratings after it.
func evaluate(k *killtest.Cluster, model string, rated []ledger.Rating) {
	k.Helper()
	inputs, err := json.Marshal(pipeline.Evaluated{EvaluationID: "of " + model, ModelID: model, Harness: harness})
	require.NoError(k, err)
	_, _, err = k.Operator.Decide(k.Context(), ledger.Decision{
		Kind: pipeline.DecisionEvaluation, Key: "of " + model, ConfigKey: config, Inputs: inputs, Verdict: "counts", Reason: "test",
	})
	require.NoError(k, err)
	_, err = k.Operator.SaveRatings(k.Context(), ledger.RatingSnapshot{
		ConfigKey: config, Harness: harness, Evidence: ledger.Evidence{Digest: model, Matches: 1, Games: 1}, Ratings: rated,
	})
	require.NoError(k, err)
}

func events(k *killtest.Cluster, name bus.Name) []bus.Event {
	k.Helper()
	return bustest.Events(k, k.Bus, name)
}
