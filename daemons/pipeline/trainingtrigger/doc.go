// Package trainingtrigger is TRAINING_TRIGGER: it has a candidate trained for an iteration when, and only when, there is
// something new to train on and room for it. It carries out the orders of the stage TRAINING.
//
//	declare.go    the registry's row
//	settings.go   Settings: the gates and the hyper-parameters
//	gates.go      the gates, in their order; the first that is closed is the reason that is told
//	quality.go    the gate about the quality of the games, as the nodes' monitors report it
//	room.go       the gates about room: slots and disks
//	training.go   the job: from the canonical model, on the dataset of the iteration
//	timeouts.go   attempts that took too long
//	unfit.go      datasets that nothing can be trained on
//	candidate.go  what proves that the job has made a candidate
//
// A dataset that is too small, corrupt or of poor games, or that was trained on from the same parent before, will not become
// another one by waiting: the iteration ends as too few, and the next one has more. Every other closed gate is waited for.
package trainingtrigger
