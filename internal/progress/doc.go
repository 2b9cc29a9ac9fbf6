// Package progress tells people how far training is. The terminal and the worker's page show these documents, so both
// have the same numbers from the same code.
//
//	all.go       All: the documents together, as the page shows them
//	loops.go     Loops: where the training loop of each configuration is
//	models.go    Models: what was trained, from what, and what was decided on it
//	office.go    what models are now: pointers, quarantine, the newest decision about production
//	ratings.go   Ratings: how strong the players are now; curves.go: how strong each canonical model was
//
// Every document is read from the ledger alone, in a bounded number of bounded reads.
package progress
