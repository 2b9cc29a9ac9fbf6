package ledger

import (
	"errors"
	"fmt"
	"time"
)

const (
	defaultTimeout     = 30 * time.Second
	defaultConnections = 8
	maxConnections     = 100

	// busyTime is how long a write waits for another process to finish its own.
	busyTime = 10 * time.Second
	// idleTransactionTime is when PostgreSQL ends a session that holds locks and does nothing.
	idleTransactionTime = 30 * time.Second
)

// Config says where the ledger is. Exactly one of Path and DSN is set.
type Config struct {
	// Path is the SQLite file. It and its folder are created.
	Path string
	// DSN is a PostgreSQL connection string, as a URL or as key=value.
	DSN string
	// Connections bounds the connections of this process, from 2 to 100; 0 means 8.
	Connections int
	// Timeout bounds every call that its context does not bound more tightly; 0 means 30 s.
	Timeout time.Duration
}

func (c Config) withDefaults() (Config, error) {
	if c.Connections == 0 {
		c.Connections = defaultConnections
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	switch {
	case c.Path == "" && c.DSN == "":
		return c, errors.New("neither Path nor DSN is set: name a SQLite file or a PostgreSQL database")
	case c.Path != "" && c.DSN != "":
		return c, errors.New("both Path and DSN are set: the ledger is in one place, leave one empty")
	case c.Connections < 2 || c.Connections > maxConnections:
		return c, fmt.Errorf("the number of Connections is %d: give 2 to %d", c.Connections, maxConnections)
	case c.Timeout < 0:
		return c, fmt.Errorf("the Timeout is %s: give a positive duration", c.Timeout)
	}
	return c, nil
}
