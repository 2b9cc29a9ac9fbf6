// Package queuepopulator is QUEUE_POPULATOR: it keeps the work queue full enough that no machine idles, yet not so
// full that important work waits. It alone makes self-play jobs and those of tournaments. What is wanted say plans in the
// ledger: SELFPLAY_COORDINATOR's (package selfplay) and TOURNAMENT_DAEMON's (package tournament).
//
//	declare.go    the registry's row and the settings
//	populator.go  one round: look, supersede, fill
//	fill.go       which jobs to add: a pure function of the queue and the plan
//	tournaments.go  the jobs of planned tournaments
//	inject.go     jobs for idle nodes, beyond the plan
//	submit.go     jobs under natural keys, and their events
//	numbers.go    how far the plan is numbered and told; found out anew after a crash
//	pressure.go   how full the queue is, and what that allows
//	brake.go      when filling stops because nothing comes of it
//	state.go      what survives a restart
//	health.go     a queue that is empty although there is work to add is the illness; a plan worked off is not
//
// Everything is counted anew in each round from the ledger's rows. Each job has the key plan, configuration and
// number, so a round that a crash cut off is finished by the next copy without a trace. Jobs of an older plan that no node has are
// cancelled when a newer one comes.
package queuepopulator
