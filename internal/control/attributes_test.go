package control_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// bare creates a namespace that has none of our search attributes.
func bare(t *testing.T) (name string, connection client.Client) {
	t.Helper()
	name, admin := server.Namespace(t)
	name = "bare-" + name
	_, err := admin.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	connection, err = client.NewLazyClient(client.Options{HostPort: server.Address(), Namespace: name})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	require.Eventually(t, func() bool {
		_, err := connection.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: name})
		return err == nil
	}, 20*time.Second, 50*time.Millisecond, "the namespace is known")
	return name, connection
}

func TestEnsureSearchAttributes(t *testing.T) {
	t.Parallel()
	name, connection := bare(t)
	fleet := control.New(connection, control.Options{Namespace: name})
	require.NoError(t, fleet.EnsureSearchAttributes(t.Context()))

	_, err := connection.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: name, Query: spec.AttributePhase + " = 'RUNNING' AND " + spec.AttributeCritical + " = false",
	})
	require.NoError(t, err, "usable at once")
	require.NoError(t, fleet.EnsureSearchAttributes(t.Context()), "a second call changes nothing")
}

func TestEnsureSearchAttributesRefusesAnotherType(t *testing.T) {
	t.Parallel()
	name, connection := bare(t)
	_, err := connection.OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: name, SearchAttributes: map[string]enumspb.IndexedValueType{spec.AttributePhase: enumspb.INDEXED_VALUE_TYPE_INT},
	})
	require.NoError(t, err)
	fleet := control.New(connection, control.Options{Namespace: name})
	require.Eventually(t, func() bool {
		err := fleet.EnsureSearchAttributes(t.Context())
		return err != nil
	}, 10*time.Second, 50*time.Millisecond, "an attribute of the wrong type is found")
	require.ErrorContains(t, fleet.EnsureSearchAttributes(t.Context()), "has type Int, not Keyword")
}
