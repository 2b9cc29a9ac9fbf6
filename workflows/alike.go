package workflows

import "go.temporal.io/sdk/workflow"

// version is one of a program or of a row.
type version interface {
	Digest() string
	RunDigest() string
}

// alike says that what runs by one version runs by the other as well: they differ in nothing, or only in what is shown.
func alike(ctx workflow.Context, one, other version) bool {
	return one.Digest() == other.Digest() || one.RunDigest() == other.RunDigest() &&
		workflow.GetVersion(ctx, "what-is-shown-restarts-nothing", workflow.DefaultVersion, 1) >= 1
}
