// Package selfplaycoordinator is SELFPLAY_COORDINATOR: it decides which configurations deserve the next games, how many,
// and who plays them. What it decides is the plan of package selfplay, which QUEUE_POPULATOR works off.
//
//	declare.go      the registry's row and the settings
//	coordinator.go  one round: look at every configuration, and make another plan if there is reason to
//	features.go     what a configuration's share follows from
//	pressure.go     how much of it the queues leave
//	tune.go         how a training plan changes the way games are played
//	plan.go         the plan that these features give, and whether it is worth another one
//	pace.go         how much less is played while the games are worth little
//	occupy.go       what an idle node plays that no plan asks for; site.go: the nodes and the queue, as that sees them
//	health.go       a plan that cannot be made is the illness; nothing to play is not
//
// Another canonical model, other settings or other configurations make a new plan at once. Shares that have only moved
// make one from time to time, and only if they have moved much: each new plan throws away what waits in the queue. That
// holds for what a training plan changes too. Queues that are full shrink every stock at once, and let it grow again from
// time to time.
package selfplaycoordinator
