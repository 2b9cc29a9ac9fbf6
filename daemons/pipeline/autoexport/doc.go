// Package autoexport is AUTO_EXPORT: it turns consolidated games into a dataset, each game into exactly one. It carries
// out the orders of the stage EXPORTING, by one export job each.
//
//	declare.go   the registry's row and the settings
//	export.go    the job: all that CONSOLIDATING has left and no dataset has
//	prove.go     what the job says, against what it was given
//
// What is new follows from the results of the stages before, never from a count of events: an export takes the files of
// every iteration since the last one that was exported. So nothing is exported twice, and what had too few games for a
// dataset of its own goes into the next.
//
// An export that has nothing to do, since there are no games or since the job makes no samples of them, ends the iteration
// as one that has too few: the next one collects as many new games as ever, and exports these too. Files of games of which
// no good copy is left, or on which the export is proved to fail, are done without, which is told and on record.
//
// The reference runs one copy a node. This one has a single copy in the cluster: an order is carried out once, whoever
// looks, and the work itself is a job that runs on any node.
package autoexport
