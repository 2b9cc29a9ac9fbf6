package node

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// versioning is how the SDK workers of the shared queue take part in a deployment: the workflows and the
// cluster's daemons move to the current version together. The queues of one node and of one process stay
// unversioned: nobody else serves them, so nothing would run there until the version is the current one.
func versioning(version worker.WorkerDeploymentVersion) worker.DeploymentOptions {
	if version == (worker.WorkerDeploymentVersion{}) {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning: true, Version: version, DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}
}
