// Package transfer moves items between nodes: a server that lends a node's files to those who know the
// token, and a client that fetches an item in parts from any number of nodes that hold it.
//
//	protocol.go   paths and answers
//	server.go     Server: connections and their limits
//	config.go     ServerConfig and its defaults
//	route.go      who is let in, and what is asked for
//	lend.go       answers: inventory, marks, files, digests
//	stream.go     sending a file: sendfile in slices, paced, each slice with a deadline
//	listener.go   connections, in all and of one peer
//	gate.go       requests under way, in all and of one peer
//	refusals.go   refusals told once a minute
//	digests.go    digests of live stores, computed when they changed
//
//	client.go     Client: what a node is asked in one request
//	fetch.go      Fetch: an item from several sources to its place
//	chunk.go      one chunk in one request
//	sources.go    which source next, and when again after a failure
//	stall.go      a request ends when no bytes came for a while
//
// An item is asked for by its hash, in ranges of at most data.ChunkBytes with If-Match, so that every byte
// belongs to one version. The server tells the item's marks (data.Content), and each chunk is verified
// against its mark before it is written. The partial file therefore is the record of what was verified:
// after a crash it is hashed again, and the fetch goes on behind the last chunk that fits. There is no
// journal that could disagree with it.
//
// Failures of a source are its own: a source that is busy, slow or gone is left for another one. Only when
// none is left, or none sent a good byte for the client's patience, does a fetch fail, and what came is kept. Where
// none can even be connected to, that is a matter of seconds.
package transfer
