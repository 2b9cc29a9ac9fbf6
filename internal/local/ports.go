package local

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// claim is an address that a service is about to listen on, and the setting that moves it.
type claim struct{ variable, address string }

// checkFree says whose address is taken already and what to change.
func (c claim) checkFree() error {
	listener, err := net.Listen("tcp", c.address)
	if err == nil {
		return listener.Close()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s=%s cannot be listened on: %w; set %s to an address of this machine", c.variable, c.address, err, c.variable)
	}
	owner := "another process"
	if found := listenerOf(portOf(c.address)); found != "" {
		owner = found
	}
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
