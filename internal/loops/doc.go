// Package loops is runs of training loops that an operator has ordered: so many iterations of some configurations, one
// after the other, and then it ends by itself.
//
//	loop.go   Loop: what was ordered, and how far it is; Turn: the iteration that is under way
//	board.go  Board: the loops on the event bus, where the operator, the nodes and the training loops find them
//	wanted.go Wanted: which iteration of which configuration is wanted now, for the terms of its training loop
//
// A loop decides nothing about an iteration: it only wants it. pipeline/<config> goes through it as through any other,
// and each stage has its owner.
package loops
