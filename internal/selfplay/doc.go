// Package selfplay is what is played, and why: the plan that SELFPLAY_COORDINATOR makes and QUEUE_POPULATOR works off.
//
//	plan.go    Plan: which configurations deserve which stock of new games, played by whom
//	score.go   Score: how much a configuration deserves, a function of its features; Share: of the budget
//	store.go   Latest and Save: plans in the ledger
//	injection.go  Injection: games for an idle node, beyond the stocks of the plan
//
// A plan speaks of stocks, not of amounts: so many games that no iteration has taken yet are to be there or on their way.
// It holds until a better one is made, however many games are played and taken meanwhile.
package selfplay
