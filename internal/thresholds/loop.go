package thresholds

import "time"

// NoConfig is the word, alone in loop.configs, by which no config is trained.
const NoConfig = "none"

// Loop is for DATA_PIPELINE and CONTINUOUS_TRAINING_LOOP.
type Loop struct {
	Configs      []string      `yaml:"configs" fast:"sq5_2p,sq5_3p,hex3_2p" standard:"" unit:"config keys" min:"0" max:"64" help:"the configs that are trained; empty: all that the loaded workloads offer; none: not one of them"`
	Iterations   int           `yaml:"iterations" fast:"20" standard:"0" unit:"iterations" min:"0" max:"1000000" help:"after so many the loop of a config ends; 0: it never does"`
	TargetElo    float64       `yaml:"target_elo" fast:"0" standard:"0" unit:"Elo" min:"0" max:"4000" help:"at this rating of its canonical model the loop of a config ends; 0: it never does"`
	CircuitPause time.Duration `yaml:"circuit_pause" fast:"5s" standard:"5m" unit:"time" min:"1s" max:"24h" help:"wait before a stage is tried again whose attempts are spent; doubles each time"`
	CircuitMax   time.Duration `yaml:"circuit_max" fast:"1m" standard:"1h" unit:"time" min:"1s" max:"168h" help:"the most that this wait doubles to"`
	Deadlines    Deadlines     `yaml:"deadlines" help:"how long one attempt of a stage may take"`
	Attempts     Attempts      `yaml:"attempts" help:"how often a stage is tried before it counts as failed"`
}

// Deadlines are for one attempt of each stage.
type Deadlines struct {
	Initialising  time.Duration `yaml:"initialising" fast:"2m" standard:"10m" unit:"time" min:"1s" max:"168h" help:"for one attempt to make generation 0"`
	Syncing       time.Duration `yaml:"syncing" fast:"2m" standard:"30m" unit:"time" min:"1s" max:"168h" help:"for one attempt to have the games of a cut where they can be fetched"`
	Consolidating time.Duration `yaml:"consolidating" fast:"2m" standard:"30m" unit:"time" min:"1s" max:"168h" help:"for one attempt to make one clean file of them"`
	Exporting     time.Duration `yaml:"exporting" fast:"2m" standard:"1h" unit:"time" min:"1s" max:"168h" help:"for one attempt to make a dataset of that file"`
	Combining     time.Duration `yaml:"combining" fast:"2m" standard:"30m" unit:"time" min:"1s" max:"168h" help:"for one attempt to mix the dataset with those before it"`
	Training      time.Duration `yaml:"training" fast:"10m" standard:"24h" unit:"time" min:"1s" max:"720h" help:"for one attempt to wait for a slot and train a candidate"`
	Evaluating    time.Duration `yaml:"evaluating" fast:"3m" standard:"2h" unit:"time" min:"1s" max:"168h" help:"for one attempt to play the candidate's games"`
	Deciding      time.Duration `yaml:"deciding" fast:"1m" standard:"10m" unit:"time" min:"1s" max:"168h" help:"for one attempt to promote or reject it"`
	Distributing  time.Duration `yaml:"distributing" fast:"2m" standard:"30m" unit:"time" min:"1s" max:"168h" help:"for one attempt to have it on the nodes"`
	Feedback      time.Duration `yaml:"feedback" fast:"30s" standard:"1m" unit:"time" min:"1s" max:"168h" help:"for one attempt to make the next plan"`
}

// Attempts are those of each stage, the first included.
type Attempts struct {
	Initialising  int `yaml:"initialising" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to make generation 0; then the circuit opens"`
	Syncing       int `yaml:"syncing" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to have the games of a cut where they can be fetched; then the cut goes on with what is there"`
	Consolidating int `yaml:"consolidating" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to make one clean file of them; then the circuit opens"`
	Exporting     int `yaml:"exporting" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to make a dataset of that file; then the circuit opens"`
	Combining     int `yaml:"combining" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to mix the dataset with those before it; then the circuit opens"`
	Training      int `yaml:"training" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to wait for a slot and train a candidate; then the circuit opens"`
	Evaluating    int `yaml:"evaluating" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to play the candidate's games; then the candidate stays unrated and is not promoted"`
	Deciding      int `yaml:"deciding" fast:"3" standard:"3" unit:"attempts" min:"1" max:"100" help:"attempts to promote or reject it; then the circuit opens"`
	Distributing  int `yaml:"distributing" fast:"1" standard:"1" unit:"attempts" min:"1" max:"100" help:"attempts to have it on the nodes; then it goes on in the background"`
	Feedback      int `yaml:"feedback" fast:"1" standard:"1" unit:"attempts" min:"1" max:"100" help:"attempts to make the next plan; then the last plan holds"`
}
