// Package idleresource is IDLE_RESOURCE: it measures for how long nothing has worked on its node, and asks for work when
// that was long enough. What is played there, and whether anything is, SELFPLAY_COORDINATOR decides.
//
//	declare.go  the registry's row and the settings
//	idle.go     one look: measure, judge, say it in the node's report, ask once
//	judge.go    what a look says: at work, idle or unknown
//	state.go    since when the node is idle; it survives a restart
//	health.go   a node that cannot be measured is the illness; one that is at work is not
//
// A node is idle if no job runs on it, its processors have hardly worked since the last look, whoever's work that is, and
// so do its GPUs. What cannot be measured is not idle. The request is IDLE_RESOURCE_DETECTED, once for each time the
// node falls idle. It is a hint: how long the node is idle is in its report, and so in the ledger's record of the node.
package idleresource
