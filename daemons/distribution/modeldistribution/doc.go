// Package modeldistribution is MODEL_DISTRIBUTION: it decides which nodes need which models and datasets, sees to it
// that they get them, and keeps the ledger's catalog of who holds what.
//
//	declare.go   the registry's row and the settings
//	distribution.go  Tick: one round
//	catalog.go   the nodes' inventories become items and holders
//	wishes.go    which file is wanted where
//	spare.go     a second copy of what would be lost with a node: candidates.go, models that are not decided on;
//	             checkpoints.go, the newest of each training
//	deliver.go   open deliveries: asking the target, and seeing that it has the file
//	announce.go  events, each outcome once
//	handle.go    events that bring the next round forward, and failures that targets tell
//	health.go    how much of what is wanted is where it should be
//
// No byte goes through this daemon. It asks the target's AUTO_SYNC by a SYNC_REQUEST, which the target keeps in its
// journal and carries out like any other fetch: verified, resumable, from whichever node has the file. A delivery
// counts as done when the target's own inventory, read over HTTP, lists the hash. So there is one way for files to
// come to a node and no second door in the data server; a request that is repeated moves nothing.
//
// What is wanted stands in the ledger before it is asked for, and each delivery has its own retries: a crash of this
// daemon, of the target or of the source delays it and loses nothing. A node that is away is waiting, not failed.
package modeldistribution
