// Package feedback is what follows from the results of a training loop for its next round: the training plan of each
// configuration, which FEEDBACK_LOOP makes, and the weights of all of them in the curriculum, which are
// CURRICULUM_INTEGRATION's.
//
//	plan.go      Plan: multiples of what the settings say, how long they hold, and what they follow from
//	evidence.go  Evidence: what the ledger knows of a configuration; Policy: the figures that it is judged by
//	signal.go    Signal: one thing that a plan follows from, and how it fades
//	results.go   the signals in results; velocity.go: how fast they become better; proposals.go, anomaly.go: and in what others have proposed
//	derive.go    Derive: the plan that signals give; who counts more, what is allowed
//	proposal.go  proposals as the ledger keeps them
//	weights.go   Weigh: the weights that signals give; pulls.go: which ones, relatives.go: and from whom else
//	store.go     plans and weights in the ledger
//
// Plan and weights are pure functions of what the ledger holds and of the time. Who has missed an hour of events, or
// died, comes to the same. A configuration of which nothing is known has the neutral plan, in which every multiple is
// one; what is unknown moves nothing.
package feedback
