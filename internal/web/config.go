package web

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Config says where the server listens and whom it answers. Zero durations and counts mean the default.
type Config struct {
	// Addr is host:port. Anything but a loopback address needs a Token.
	Addr string
	// Token, if set, is demanded as `Authorization: Bearer …` for everything but /health and /ready.
	Token string
	// AllowedHosts are the names by which clients may call the server, beside localhost and IP addresses.
	AllowedHosts []string
	// Node is the id of the node this process serves.
	Node string
	// LogDir is the folder of the daemons' logs, see package daemonlog.
	LogDir string
	// JobDir is the folder of the attempts of jobs, see package daemonlog.
	JobDir string
	// ContactWithin is how long ago the last answer of Temporal may be for /health to be 200; 30 s.
	ContactWithin time.Duration
	// ViewStaleAfter is the age at which the cluster's view no longer proves readiness; 30 s.
	ViewStaleAfter time.Duration
	// MaxStreams bounds the clients of /events, and those of /logs; 16.
	MaxStreams int
	// MaxViewers bounds the clients of /live, which are the open pages; 64.
	MaxViewers int
	// KeepAlive is the pause between two comments on a quiet event stream; 15 s.
	KeepAlive time.Duration
	// SendTimeout is how long a client of a stream may take to accept one event before it is dropped; 5 s.
	SendTimeout time.Duration
	// HeaderTimeout is how long a client may take to send its request's header, and half of what it has for the
	// whole request; 5 s.
	HeaderTimeout time.Duration
}

func (c Config) withDefaults() Config {
	setDefault(&c.ContactWithin, 30*time.Second)
	setDefault(&c.ViewStaleAfter, 30*time.Second)
	setDefault(&c.MaxStreams, 16)
	setDefault(&c.MaxViewers, 64)
	setDefault(&c.KeepAlive, 15*time.Second)
	setDefault(&c.SendTimeout, 5*time.Second)
	setDefault(&c.HeaderTimeout, 5*time.Second)
	return c
}

func (c Config) validate() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("HEALTH_ADDR %q: %w; give host:port, for example 127.0.0.1:8790", c.Addr, err)
	}
	if c.Token != strings.TrimSpace(c.Token) || strings.ContainsAny(c.Token, " \t\r\n") {
		return errors.New("the token of the HTTP server contains white space; give it without")
	}
	if c.Token == "" && !isLoopback(host) {
		return fmt.Errorf("HEALTH_ADDR %q is reachable from other machines: set a token, or bind to 127.0.0.1", c.Addr)
	}
	if c.MaxStreams < 0 || c.MaxViewers < 0 {
		return fmt.Errorf("%d clients of /events and of /logs and %d of /live are allowed; give positive numbers", c.MaxStreams, c.MaxViewers)
	}
	for name, value := range map[string]time.Duration{
		"contact limit": c.ContactWithin, "view limit": c.ViewStaleAfter, "keep-alive": c.KeepAlive,
		"send timeout": c.SendTimeout, "header timeout": c.HeaderTimeout,
	} {
		if value < 0 {
			return fmt.Errorf("%s of the HTTP server is %s; give a positive duration", name, value)
		}
	}
	return nil
}

// isLoopback judges the text of an address: a name other than localhost may resolve to anything.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
