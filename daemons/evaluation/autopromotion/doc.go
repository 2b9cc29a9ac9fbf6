// Package autopromotion is AUTO_PROMOTION: it lets a proven better candidate take over as its configuration's canonical
// model, and nothing else. It carries out the orders of two stages.
//
//	declare.go      the registry's row and the settings
//	initialising.go INITIALISING: generation 0 becomes the first canonical model
//	deciding.go     DECIDING: judge the candidate, keep the decision, move the pointer
//	decision.go     decisions as they are kept
//	evidence.go     what is known about a candidate, from the ledger; recount.go
//	news.go         the events of a decision
//	streak.go       how many candidates in a row one gate has turned down; health
//
// The decision is kept before the pointer moves, and the pointer moves before anybody hears of it. Each of the three may
// be repeated: who dies in between finds the decision of the iteration, and goes on from there. A decision holds against
// the canonical model that it was made against. If another one has taken its place meanwhile, the candidate is judged
// again.
package autopromotion
