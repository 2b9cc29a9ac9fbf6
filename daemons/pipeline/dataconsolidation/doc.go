// Package dataconsolidation is DATA_CONSOLIDATION: it makes the games of an iteration's cut into one file in which each
// is once, complete and by the rules. It carries out the orders of the stage CONSOLIDATING, by one merge job each.
//
//	declare.go   the registry's row and the settings
//	merge.go     the job: the files of the cut, and which of their games a cut before has
//	known.go     the file of those games' ids
//	prove.go     what the job says, against what the ledger counts
//	result.go    what the stage leaves, and whether it is enough for a dataset
//	spoilt.go    cuts without a valid game; health
//
// A cut of nothing but invalid games is left out: its iteration ends with the verdict invalid, and the next one goes on
// with other games. Were it a failure, no attempt could ever mend it.
//
// A file of the cut that is corrupt, and of which no good copy is left, is left out of it: the rest goes on, and which
// files are missing is told and on record. So is one on which the merge is proved to fail. A file that is merely away is
// waited for.
//
// A merge that says that there is too little to do leaves the files as they are, and its iteration ends as too few.
//
// A workload that cannot merge has its files passed through as they are, counted by the ledger. A game that such a file
// brings again is exported again then; NPZ_COMBINATION takes its samples once.
//
// The event ORPHAN_GAME_PREVENTED, one for each game that lacks moves, is not told: a merge reports how many games are
// invalid, not which.
package dataconsolidation
