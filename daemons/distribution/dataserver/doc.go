// Package dataserver is DATA_SERVER: it lends this node's data files to the other nodes, knows which files there
// are, and finds out which of them have rotted.
//
//	declare.go     the registry's row and the settings
//	dataserver.go  Serve: listen, tell the address, lend; drain
//	keep.go        looking which files there are, and re-reading some of them
//	doubt.go       reading those again at once of which somebody was sent other bytes
//	quarantine.go  putting items aside that were changed; telling of all that was put aside
//	health.go      it asks itself over HTTP, as another node would
//
// Everything needs the cluster's token. On loopback it may be one that the first node of a machine leaves in
// CLUSTER_DIR; off loopback it has to be set. Only what is proved corrupt goes into quarantine.
package dataserver
