// Package quality is what is known of how good games are as training data, 0 to 1 each: what a node reports of its own
// games, and what all nodes together say.
//
//	score.go     Score: mean and spread of a sample; State: the word for a mean
//	standing.go  Standing: what a node says of a configuration; Report: of all of them
//	cluster.go   Cluster: what the nodes say together
//
// Games that nobody has judged are counted and have no score: they are neither good nor bad. A configuration of which no
// node says anything has no Standing.
package quality
