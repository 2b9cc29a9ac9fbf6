//go:build !linux

package testkit

import "os/exec"

// dieWithParent has no equivalent here: a test binary that is killed leaves its server behind.
func dieWithParent(*exec.Cmd) {}
