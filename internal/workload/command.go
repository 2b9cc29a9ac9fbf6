package workload

import "slices"

// Contract is the version of the contract that this package speaks.
const Contract = 1

// Command is the name of something a workload can do.
type Command string

// The commands of the contract.
const (
	Describe Command = "describe" // print the manifest
	Init     Command = "init"     // make a generation-0 model
	Selfplay Command = "selfplay" // play games
	Inspect  Command = "inspect"  // tell facts of a file, recomputed from it
	Validate Command = "validate" // judge each game of a file
	Merge    Command = "merge"    // put the new games of several files into one
	Export   Command = "export"   // turn games into training samples
	Combine  Command = "combine"  // mix datasets, split off a holdout
	Train    Command = "train"    // train a model
	Evaluate Command = "evaluate" // play one model against opponents
	Match    Command = "match"    // play participants against each other
	Loss     Command = "loss"     // measure a model on a dataset
	Distill  Command = "distill"  // teach a smaller model
)

// Commands returns every command of the contract, in the order in which a training loop meets them.
func Commands() []Command {
	return []Command{Describe, Init, Selfplay, Inspect, Validate, Merge, Export, Combine, Train, Evaluate, Match, Loss, Distill}
}

// Mandatory says whether every workload has the command.
func (c Command) Mandatory() bool {
	return c.Known() && !slices.Contains([]Command{Validate, Merge, Loss, Distill}, c)
}

// Known says whether the contract has the command.
func (c Command) Known() bool { return slices.Contains(Commands(), c) }

// Role says what a file is for.
type Role string

// The roles of files.
const (
	RoleGames      Role = "games"      // a closed SQLite file with the tables of games.go
	RoleDataset    Role = "dataset"    // training samples
	RoleHoldout    Role = "holdout"    // samples kept out of training
	RoleModel      Role = "model"      // opaque
	RoleCheckpoint Role = "checkpoint" // opaque: from which the same command goes on
	RoleKnownIDs   Role = "known_ids"  // text, one game id a line
)

// Roles returns every role.
func Roles() []Role {
	return []Role{RoleGames, RoleDataset, RoleHoldout, RoleModel, RoleCheckpoint, RoleKnownIDs}
}
