// Package npzcombination is NPZ_COMBINATION: it mixes the latest datasets of a configuration into what is trained on,
// fresh samples more often than old ones, and keeps a share of the games out of it. It carries out the orders of the
// stage COMBINING, by one combine job each.
//
//	declare.go   the registry's row
//	settings.go  Settings: the window, the weights, the holdout
//	window.go    which datasets are mixed, and which are left out for what reason
//	combine.go   the job
//	prove.go     what the job says, against what it was given
//
// Its sources are what EXPORTING has left, never what this stage has: it cannot feed on itself. The newest one is the
// iteration's own export, which no iteration before had, so that no two orders have the same sources. Ages count from
// that export and the seed follows from the iteration: the same sources with the same settings are the same mixture,
// whenever it is made.
//
// A single source is mixed too, for its holdout. Once an attempt has failed, or has found too little to mix, the iteration's own export is passed
// through as it is, without a holdout, and flagged: one odd file does not stop the loop. If that export itself is corrupt
// and there is no good copy, the iteration ends: the next one exports its games again.
//
// The reference runs one copy a node. This one has a single copy in the cluster: an order is carried out once, whoever
// looks, and the work itself is a job that runs on any node.
package npzcombination
