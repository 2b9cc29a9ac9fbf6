package thresholds

import "time"

// Feedback is for FEEDBACK_LOOP.
type Feedback struct {
	PauseQuality    float64       `yaml:"pause_quality" fast:"0.5" standard:"0.5" unit:"share of the games" min:"0" max:"1" help:"with a smaller share of valid games the training of a config pauses for a while"`
	BoostHalfLife   time.Duration `yaml:"boost_half_life" fast:"1m" standard:"24h" unit:"time" min:"1s" max:"8760h" help:"how long a boost takes to lose half of its effect; a pause lasts as long"`
	MaxExploration  float64       `yaml:"max_exploration" fast:"2" standard:"2" unit:"factor" min:"1" max:"10" help:"the most that exploration is multiplied by"`
	MaxSearchBudget int           `yaml:"max_search_budget" fast:"200" standard:"800" unit:"simulations" min:"1" max:"100000" help:"the most that a plan raises the search budget to"`
	MaxExtraGames   int           `yaml:"max_extra_games" fast:"400" standard:"2000" unit:"games" min:"0" max:"1000000" help:"the most games that a plan asks for beyond a config's share"`
	MinChange       float64       `yaml:"min_change" fast:"0.05" standard:"0.05" unit:"share of a value" min:"0" max:"1" help:"smaller changes make no new plan"`
}

// Curriculum is for CURRICULUM_INTEGRATION.
type Curriculum struct {
	MinWeight float64       `yaml:"min_weight" fast:"0.3" standard:"0.3" unit:"factor" min:"0.3" max:"1" help:"the least weight of a config"`
	MaxWeight float64       `yaml:"max_weight" fast:"2.5" standard:"2.5" unit:"factor" min:"1" max:"2.5" help:"the most weight of a config"`
	HalfLife  time.Duration `yaml:"half_life" fast:"10m" standard:"24h" unit:"time" min:"1s" max:"8760h" help:"how long a weight takes to come half of the way back to 1"`
	MinChange float64       `yaml:"min_change" fast:"0.1" standard:"0.1" unit:"factor" min:"0" max:"1" help:"smaller changes are not applied"`
}
