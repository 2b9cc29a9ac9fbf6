// Package search is PUCT: a tree search steered by an evaluator's policy and values, for any number of players. Each
// player maximises his own share of the game.
//
//	search.go   Searcher: the tree and one search in it
//	noise.go    noise at the root, so that self-play tries what the policy does not know yet
//
// A search is a function of position, evaluator, settings and random source. Without noise it draws no random
// numbers. A Searcher keeps its memory from search to search.
package search
