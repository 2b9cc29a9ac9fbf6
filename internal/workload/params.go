package workload

// Drill is what a test may ask of every command; it is part of each command's params.
type Drill struct {
	// Fault is shown by workloads with the feature faults; others refuse it with exit code 10.
	Fault Fault `json:"fault,omitempty"`
	// PaceMS slows the command down: milliseconds of waiting for each game, epoch or thousand samples.
	PaceMS int `json:"pace_ms,omitempty"`
}

// Player is who plays: a model given as input, a baseline of the manifest, or, when both are empty, the
// workload's built-in player.
type Player struct {
	// Model is the name of an input.
	Model    string `json:"model,omitempty"`
	Baseline string `json:"baseline,omitempty"`
	// Harness is how a model is played; empty is the default harness.
	Harness string `json:"harness,omitempty"`
	// SearchBudget is the number of simulations a move; 0 is that of the command.
	SearchBudget int `json:"search_budget,omitempty"`
}

// InitParams are those of init. Output: model.
type InitParams struct {
	Drill
	Architecture string `json:"architecture,omitempty"` // empty: the workload's default
}
