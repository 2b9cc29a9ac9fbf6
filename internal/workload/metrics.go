package workload

// SelfplayMetrics are reported by selfplay.
type SelfplayMetrics struct {
	GamesCompleted int     `json:"games_completed"`
	GamesFailed    int     `json:"games_failed"`
	Samples        int64   `json:"samples"`
	DecisiveShare  float64 `json:"decisive_share"`
	DrawRate       float64 `json:"draw_rate"`
	MeanLength     float64 `json:"mean_length"` // moves
	WinnersBySeat  []int   `json:"winners_by_seat"`
	MovesPerSecond float64 `json:"moves_per_s,omitempty"`
}

// InspectMetrics are reported by inspect; what does not apply to the kind of file is absent.
type InspectMetrics struct {
	Role Role `json:"role"`
	// Records is the number of games or samples.
	Records int64 `json:"records"`
	Games   int64 `json:"games,omitempty"`
	// IDs are those of all games that a games file or a dataset has, in order, if asked for.
	IDs []string `json:"ids,omitempty"`
	// RulesHash identifies the rules that the games were checked by.
	RulesHash string `json:"rules_hash,omitempty"`
	// Verified is how many games were replayed; ReplayErrors what was wrong with them, at most 100.
	Verified     int64    `json:"verified,omitempty"`
	ReplayErrors []string `json:"replay_errors,omitempty"`
	// WinnersBySeat and Draws are counted from the moves of the games replayed, or else from the rows.
	WinnersBySeat []int64 `json:"winners_by_seat,omitempty"`
	Draws         *int64  `json:"draws,omitempty"`
	// Participants are the results by name, for games that name who sat where.
	Participants []ParticipantResult `json:"participants,omitempty"`
	// Finite says that every number of a dataset or model is finite.
	Finite *bool `json:"finite,omitempty"`
	// Generations is the span of the models that a file comes from.
	Generations *Span `json:"generations,omitempty"`
}

// Span is a closed interval of whole numbers.
type Span struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

// ValidateMetrics are reported by validate.
type ValidateMetrics struct {
	Verdicts []Verdict `json:"verdicts"`
}

// Verdict is the judgement of one game.
type Verdict struct {
	ID      string  `json:"id"`
	OK      bool    `json:"ok"`
	Reason  string  `json:"reason,omitempty"`
	Quality float64 `json:"quality"` // 0 to 1
}

// MergeMetrics are reported by merge.
type MergeMetrics struct {
	Merged     int64 `json:"merged"`
	Duplicates int64 `json:"duplicates"`
	Invalid    int64 `json:"invalid"`
}

// ExportMetrics are reported by export.
type ExportMetrics struct {
	Samples int64 `json:"samples"`
	Games   int64 `json:"games"`
	Skipped int64 `json:"skipped,omitempty"` // games left out by filters or faults
}

// CombineMetrics are reported by combine.
type CombineMetrics struct {
	Samples         int64            `json:"samples"`
	HoldoutSamples  int64            `json:"holdout_samples"`
	SamplesBySource map[string]int64 `json:"samples_by_source"` // by name of input
	DedupDropped    int64            `json:"dedup_dropped"`
	Skipped         []string         `json:"skipped,omitempty"` // inputs that gave nothing, with the reason
}

// TrainMetrics are reported by train. Losses are means over samples; the sum of policy and value loss.
type TrainMetrics struct {
	TrainLossStart  float64  `json:"train_loss_start"`
	TrainLossEnd    float64  `json:"train_loss_end"`
	ValLossStart    *float64 `json:"val_loss_start,omitempty"` // absent without holdout
	ValLossEnd      *float64 `json:"val_loss_end,omitempty"`
	PolicyAccuracy  *float64 `json:"policy_accuracy,omitempty"`
	EpochsCompleted int      `json:"epochs_completed"` // those before a resumed checkpoint too
	EarlyStopped    bool     `json:"early_stopped"`
	Finite          bool     `json:"finite"`
}

// LossMetrics are reported by loss.
type LossMetrics struct {
	PolicyLoss float64 `json:"policy_loss"`
	ValueLoss  float64 `json:"value_loss"`
	Samples    int64   `json:"samples"`
}

// DistillMetrics are reported by distill.
type DistillMetrics struct {
	Correlation   float64 `json:"correlation"`
	SignAgreement float64 `json:"sign_agreement"`
	SizeRatio     float64 `json:"size_ratio"`    // student by teacher
	LatencyRatio  float64 `json:"latency_ratio"` // student by teacher, on the same positions and processor
	// LatencyLow and LatencyHigh are between which values the ratio lies almost surely; absent: it is exact.
	LatencyLow  float64 `json:"latency_low,omitempty"`
	LatencyHigh float64 `json:"latency_high,omitempty"`
}

// EvaluateMetrics are reported by evaluate.
type EvaluateMetrics struct {
	PerOpponent    []OpponentResult `json:"per_opponent"` // in the order of the request
	ElapsedSeconds float64          `json:"elapsed_s,omitempty"`
}

// OpponentResult is the model's score against one opponent.
type OpponentResult struct {
	Opponent Player `json:"opponent"`
	Score
	Invalid int `json:"invalid"` // games that count for nobody; not in Games
	// BySeat is the score by the model's seat.
	BySeat       []Score `json:"by_seat"`
	StoppedEarly bool    `json:"stopped_early,omitempty"`
}

// Score counts finished games from one side's view: Games = Wins + Draws + Losses.
type Score struct {
	Games  int `json:"games"`
	Wins   int `json:"wins"`
	Draws  int `json:"draws"`
	Losses int `json:"losses"`
}

// MatchMetrics are reported by match.
type MatchMetrics struct {
	Pairs          []PairResult `json:"pairs"` // in the order of the request
	ElapsedSeconds float64      `json:"elapsed_s,omitempty"`
}

// PairResult is what came out of one pairing.
type PairResult struct {
	Pairing []string `json:"pairing"`
	Games   int      `json:"games"`
	Draws   int      `json:"draws"`
	Invalid int      `json:"invalid"`
	// Participants are in the order of the pairing.
	Participants []ParticipantResult `json:"participants"`
}

// ParticipantResult is one participant's score, counted by seat: one who holds several seats of a game has
// that game in each of them.
type ParticipantResult struct {
	ID     string  `json:"id"`
	BySeat []Score `json:"by_seat"`
}

// Total adds the seats up.
func (r ParticipantResult) Total() Score {
	var total Score
	for _, seat := range r.BySeat {
		total.Games += seat.Games
		total.Wins += seat.Wins
		total.Draws += seat.Draws
		total.Losses += seat.Losses
	}
	return total
}
