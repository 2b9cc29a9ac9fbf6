// Package play makes games out of players: one game, and many games on several goroutines, in an order and with
// content that do not depend on how many goroutines there are.
//
//	record.go   Record: a finished game, move by move
//	game.go     Table: who sits where, and how one game is played
//	many.go     Many: numbered games, played in parallel, delivered in order
package play
