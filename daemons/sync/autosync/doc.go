// Package autosync is AUTO_SYNC: it gets new games off the node that played them, and to every node that should
// have them.
//
//	declare.go    the registry's row and the settings; strategy.go: what they mean
//	autosync.go   Tick: one round
//	cut.go        new games of live stores become segments
//	view.go       which peers there are and what they hold
//	compare.go    what this node should have and lacks
//	fetch.go      bringing it here; failure.go: what happens when that fails
//	merge.go      segments into the store of their config; quality.go: which ones are held back
//	withdraw.go   games that older builds merged and that do not belong there
//	outgoing.go   this node's own segments: asking for them to be fetched, and seeing that they were
//	handle.go     events
//	drain.go      the last round of a node that may never come back
//	journal.go    what is wanted, what is not safe yet, what is still to be told; on this disk
//	limits.go     when to leave the disk and the memory alone
//	health.go     backlog without progress is ill; peers that are away are not
//
// Everything is pulled. A node compares the inventories of its peers with its own and fetches what it lacks; an
// event only makes that happen now. To push is to ask others to pull (SYNC_REQUEST), and what counts as pushed is
// what their inventories then show.
//
// Files come one after the other, and a large one in turns: after each the others go first, and it goes on behind
// what was verified. Events are only noted, beside whatever a round is doing, so no link is too slow for them.
//
// Games travel as segments: closed files, known by their hash. Job outputs are segments from the start; what other
// programs write into live stores below games/ is cut into segments. Each node merges the segments that it has,
// its own too, into games/canonical_<config>.db, which belongs to this daemon: nobody else writes there. Merging is
// idempotent and keeps no order, so nodes that have the same segments have the same logical digest. That file is what
// a configuration has to learn from: games that were played to judge models, in evaluations and matches, are kept and
// copied like all others, and stay out. A store that has such games from a build of before gives them back, as far as the
// files that they came in are here to tell; what nothing tells of stays.
//
// Models, datasets and checkpoints are brought here only where MODEL_DISTRIBUTION asks for it: it alone decides who needs
// which. Of the checkpoints of a job the newest stay.
//
// A segment of an ephemeral node stays in the journal until a node that is there to stay is seen to hold it. It is
// never dropped, however long that takes.
package autosync
