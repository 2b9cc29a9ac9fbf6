// Package testkit is what tests of several packages share: real parts, started quickly and ended surely.
//
//	devserver.go     Server: a Temporal dev server of a test's own, to kill and bring back
//	sharedserver.go  SharedServer: one dev server for a package, a namespace for each test
//	place.go         a free port, the module's root
//	wait.go          waiting on conditions
//	process.go       child processes that die with the test binary
package testkit
