// Package workloadtest gives tests of other packages the built-in workload, as it is shipped, and a shim.
//
//	mini.go   Mini: the workload of a package's tests
//	build.go  how it is built once for all packages
//	shim.go   ActAsShim: the test binary as the shim of the commands that it starts
package workloadtest
