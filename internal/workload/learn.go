package workload

// ExportParams are those of export. Output: dataset.
type ExportParams struct {
	Drill
	Games          []string      `json:"games"`                     // names of inputs
	EncoderVersion string        `json:"encoder_version,omitempty"` // empty: the manifest's
	MaxSamples     int           `json:"max_samples,omitempty"`     // 0: all
	Filters        ExportFilters `json:"filters,omitzero"`
}

// ExportFilters leave games out.
type ExportFilters struct {
	MinMoves int `json:"min_moves,omitempty"`
	// Since leaves out games created before it (RFC 3339).
	Since string `json:"since,omitempty"`
	// ExcludeIDs is the name of an input with the role known_ids.
	ExcludeIDs string `json:"exclude_ids,omitempty"`
}

// CombineParams are those of combine. Outputs: dataset, and holdout unless its fraction is off. All samples
// of a game go the same way.
type CombineParams struct {
	Drill
	Datasets   []CombineSource `json:"datasets"`
	MaxSamples int             `json:"max_samples,omitempty"` // 0: all
	MaxRepeat  int             `json:"max_repeat,omitempty"`  // how often a weight may repeat a sample; default 1
	// HoldoutFraction of the games goes to the holdout, below 1; default 0.1, −1: none.
	HoldoutFraction float64 `json:"holdout_fraction,omitempty"`
}

// CombineSource is one dataset of a mixture.
type CombineSource struct {
	Input  string  `json:"input"`            // name of an input
	Weight float64 `json:"weight,omitempty"` // default 1
}

// TrainParams are those of train. Outputs: model, and checkpoints.
type TrainParams struct {
	Drill
	Dataset string `json:"dataset"`           // name of an input
	Holdout string `json:"holdout,omitempty"` // name of an input
	// Parent is the name of the input to go on from; empty starts from generation 0.
	Parent       string  `json:"parent,omitempty"`
	Architecture string  `json:"architecture,omitempty"` // empty: the parent's
	Epochs       int     `json:"epochs,omitempty"`
	BatchSize    int     `json:"batch_size,omitempty"`
	LR           float64 `json:"lr,omitempty"`
	LRSchedule   string  `json:"lr_schedule,omitempty"` // constant, linear or cosine
	// EarlyStopPatience is how many epochs without a better holdout loss end the training; −1: none.
	EarlyStopPatience int     `json:"early_stop_patience,omitempty"`
	CheckpointEveryS  float64 `json:"checkpoint_every_s,omitempty"` // −1: only when told to end
}

// LossParams are those of loss. No outputs.
type LossParams struct {
	Drill
	Model   string `json:"model"`           // name of an input
	Dataset string `json:"dataset"`         // name of an input
	First   int    `json:"first,omitempty"` // the slice of samples: where it begins
	Count   int    `json:"count,omitempty"` // and how many; 0: to the end
}

// DistillParams are those of distill. Output: model.
type DistillParams struct {
	Drill
	Teacher   string `json:"teacher"`   // name of an input
	Positions string `json:"positions"` // name of an input with the role dataset
	// Holdout is the name of an input with the role holdout or dataset, on which student and teacher are compared;
	// empty: the positions.
	Holdout string         `json:"holdout,omitempty"`
	Student map[string]any `json:"student,omitempty"`
	T       float64        `json:"T,omitempty"`     // softmax temperature
	Alpha   float64        `json:"alpha,omitempty"` // weight of the teacher against the outcome, 0 to 1
	// LatencyBound is what the latency ratio is compared with: it is measured until it is clear on which side it is, as far
	// as that gets clear; 0: nothing.
	LatencyBound float64 `json:"latency_bound,omitempty"`
}
