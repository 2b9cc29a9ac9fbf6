package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/spec"
)

const deployment = "ringrift"

// A fleet that ran unversioned goes on under a versioned worker once its version is the current one, and so
// from version to version, and back.
func TestVersionedWorkers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	drain := r.work()
	r.up()
	for _, build := range []string{"one", "two"} {
		drain()
		drain = r.work("TEMPORAL_DEPLOYMENT_NAME="+deployment, "TEMPORAL_WORKER_BUILD_ID="+build)
		r.makeCurrent(build)
		r.up()
		r.requireVersion(build)
	}
	drain()
	r.work()
	r.makeCurrent("")
	r.up()
}

// makeCurrent does what `temporal worker deployment set-current-version` does, once the version is known. No
// build means the unversioned workers.
func (r *rig) makeCurrent(build string) {
	r.t.Helper()
	handle := r.client.WorkerDeploymentClient().GetHandle(deployment)
	require.Eventually(r.t, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err := handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return err == nil
	}, patience, pollInterval, "version %s becomes the current one", build)
}

// requireVersion checks that every daemon is ready once, and which version its workflow is of: that of the worker that has
// carried its last task out, which may still be the one before while the table already tells of the new one.
func (r *rig) requireVersion(build string) {
	r.t.Helper()
	require.EventuallyWithT(r.t, func(c *assert.CollectT) {
		status, err := r.fleet().Status(r.t.Context())
		require.NoError(c, err)
		require.Len(c, status.Daemons, len(daemons.Catalog(daemons.Config{})))
		for _, info := range status.Daemons {
			require.Equal(c, spec.PhaseRunning, info.Phase, info.Daemon)
			described, err := r.client.DescribeWorkflowExecution(r.t.Context(), spec.WorkflowID(info.Daemon, ""), "")
			require.NoError(c, err)
			versioning := described.GetWorkflowExecutionInfo().GetVersioningInfo()
			require.Equal(c, enumspb.VERSIONING_BEHAVIOR_AUTO_UPGRADE, versioning.GetBehavior(), info.Daemon)
			require.Equal(c, build, versioning.GetDeploymentVersion().GetBuildId(), info.Daemon)
		}
	}, patience, pollInterval)
}
