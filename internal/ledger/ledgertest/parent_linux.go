package ledgertest

import "syscall"

// dieWithParent ends a child at once when its parent is gone, however that ended.
func dieWithParent(identity *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: identity, Pdeathsig: crash}
}
