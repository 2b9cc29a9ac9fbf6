package thresholds

// Thresholds are all values in force at one moment. Their tags are read by the whole package:
//
//	yaml            the key in the file
//	fast, standard  the value in that preset
//	min, max        the bounds, included: of numbers the value, of texts and lists the length
//	oneof           instead of bounds: the texts that are allowed, separated by |
//	unit, help      what is counted, and what it is for
type Thresholds struct {
	Loop        Loop        `yaml:"loop" help:"which configs are trained, how far, and how long a stage may take"`
	Selfplay    Selfplay    `yaml:"selfplay" help:"how many games each config gets, and how they are played"`
	Export      Export      `yaml:"export" help:"when new games become a dataset"`
	Combine     Combine     `yaml:"combine" help:"how datasets are mixed into a training set"`
	Train       Train       `yaml:"train" help:"when a training begins, and how it goes"`
	Evaluate    Evaluate    `yaml:"evaluate" help:"how many games a candidate plays for its rating"`
	Promote     Promote     `yaml:"promote" help:"what a candidate must show to become canonical"`
	Production  Production  `yaml:"production" help:"what a canonical model must show to go into production, and when it is taken back"`
	Tournament  Tournament  `yaml:"tournament" help:"how often models play for their ratings alone"`
	Feedback    Feedback    `yaml:"feedback" help:"how results change the next training plan"`
	Curriculum  Curriculum  `yaml:"curriculum" help:"how much attention a config gets"`
	Quality     Quality     `yaml:"quality" help:"how games are judged as training data"`
	Performance Performance `yaml:"performance" help:"when a model in office counts as too weak"`
	Metrics     Metrics     `yaml:"metrics" help:"when a curve counts as flat, falling or odd"`
	Idle        Idle        `yaml:"idle" help:"which nodes count as idle, and what they play then"`
	Disk        Disk        `yaml:"disk" help:"how full the disks of nodes may be"`
	Distill     Distill     `yaml:"distill" help:"how a small model is made of a canonical one, and what it must show to be served"`
}

// ByPlayers are the values of one threshold for 2, 3 and 4 players. In the file each is a key of its own, that ends
// in _2p, _3p or _4p; in a tag they are separated by commas.
type ByPlayers[T int | float64] [3]T

// For returns the value for a number of players; fewer than 2 count as 2, more than 4 as 4.
func (b ByPlayers[T]) For(players int) T { return b[min(max(players, 2), 4)-2] }
