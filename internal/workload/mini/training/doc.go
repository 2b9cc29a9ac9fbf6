// Package training fits a model's tables to samples by stochastic gradient descent: the policy to the searches'
// visits, the value to how the games ended; both by cross-entropy.
//
//	settings.go     Settings: epochs, batches, learning rate and its schedule
//	samples.go      Samples: a dataset, read in blocks of bounded size
//	tables.go       the loss of one sample and its gradient
//	run.go          Run: epochs, early stopping, checkpoints
//	checkpoint.go   State: everything a run needs to go on
//
// A run is a function of its settings, its data and the tables it starts from. One that was interrupted and resumed
// ends with the same bits as one that was not: what is random comes from seed, epoch and block, and a checkpoint
// holds every number exactly.
package training
