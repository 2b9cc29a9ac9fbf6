package pipelinetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	loops "github.com/ringrift/orchestrator/workflows"
)

// RunLoops runs the workflows of training loops until the test ends: what they decide goes into a ledger and onto a bus.
func RunLoops(t testing.TB, temporal client.Client, l *ledger.Ledger, events *bus.Client, terms func(configKey string) pipeline.Terms) {
	t.Helper()
	recorder := pipeline.NewRecorder(pipeline.RecorderConfig{
		Open:  func(context.Context) (*ledger.Ledger, error) { return l, nil },
		Terms: terms, Logger: quiet(),
		Publish: func(ctx context.Context, all ...bus.Event) error {
			for _, event := range all {
				if err := events.Session("RECORDER", "", 0).PublishEvent(ctx, event); err != nil {
					return err
				}
			}
			return nil
		},
	})
	running := sdk.New(temporal, spec.QueueDaemons, sdk.Options{LocalActivityWorkerOnly: true, Interceptors: loops.Interceptors()})
	loops.Register(running)
	acts := &activities.Pipelines{Recorder: recorder}
	running.RegisterActivityWithOptions(acts.ActPipeline, activity.RegisterOptions{Name: spec.ActivityActPipeline})
	require.NoError(t, running.Start())
	t.Cleanup(running.Stop)
}
