package local

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// claim is an address that a service is about to listen on, and the setting that moves it.
type claim struct{ variable, address string }

const (
	// lettingGo is how long the kernel may take to close what a process that was killed had open.
	lettingGo      = 2 * time.Second
	lettingGoPause = 20 * time.Millisecond
)

// checkFree says whose address is taken already and what to change. An address that nobody to be named
// holds is about to be free: it belonged to a process that has just been killed.
func (c claim) checkFree() error {
	for deadline := time.Now().Add(lettingGo); ; time.Sleep(lettingGoPause) {
		listener, err := net.Listen("tcp", c.address)
		if err == nil {
			return listener.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%s=%s cannot be listened on: %w; set %s to an address of this machine", c.variable, c.address, err, c.variable)
		}
		if owner := listenerOf(portOf(c.address)); owner != "" {
			return c.taken(owner)
		}
		if time.Now().After(deadline) {
			return c.taken("another process")
		}
	}
}

func (c claim) taken(owner string) error {
	return fmt.Errorf("%s is in use by %s, which does not belong to this installation; stop it, or choose a free port with %s", c.address, owner, c.variable)
}

// dialHost is the host under which a listener at address is reached from this machine.
func dialHost(address string) string {
	host, _, _ := net.SplitHostPort(address) // addresses are checked when the configuration is resolved
	if ip := net.ParseIP(host); host == "" || host == "localhost" || ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}

func portOf(address string) int {
	_, text, _ := net.SplitHostPort(address) // addresses are checked when the configuration is resolved
	port, _ := strconv.Atoi(text)
	return port
}
