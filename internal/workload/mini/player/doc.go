// Package player holds what can sit at a seat: searchers with a learned model, and the baselines, which never learn.
//
//	player.go      Player, and Searching: PUCT with an evaluator
//	random.go      Random: any legal move
//	heuristic.go   Heuristic: win, block, extend
//	handmade.go    Handmade: weights set by hand, for a searching baseline
//
// Every choice is a function of the position, the player's settings and the random source it is given.
package player
