//go:build !linux

package ledgertest

import "syscall"

// dieWithParent cannot tie a child to its parent here.
func dieWithParent(identity *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: identity}
}
