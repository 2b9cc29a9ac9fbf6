package control

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Bounds of a call whose Options name none.
const (
	DefaultDialTimeout   = 4 * time.Second
	DefaultAnswerTimeout = 10 * time.Second
	DefaultServerTimeout = 4 * time.Second
)

// Options say for whom a Client speaks and how patient it is. Zero fields take the defaults.
type Options struct {
	// Actor is recorded with every command that names none.
	Actor string
	// Address is the server's, for error texts only.
	Address string
	// Namespace is the one the fleet lives in.
	Namespace string
	// AnswerTimeout is how long a worker may take to accept a command or answer a query.
	AnswerTimeout time.Duration
	// ServerTimeout is how long the server may be silent during a call before it is given up.
	ServerTimeout time.Duration
}

// Client commands and observes the fleet of one namespace. It is safe for concurrent use.
type Client struct {
	temporal client.Client
	options  Options
}

// New returns a Client over an open connection, which stays the caller's to close.
func New(temporal client.Client, options Options) *Client {
	if options.Address == "" {
		options.Address = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	if options.AnswerTimeout == 0 {
		options.AnswerTimeout = DefaultAnswerTimeout
	}
	if options.ServerTimeout == 0 {
		options.ServerTimeout = DefaultServerTimeout
	}
	return &Client{temporal: temporal, options: options}
}

// Dial connects within DefaultDialTimeout and returns a Client that owns the connection. A server that
// does not answer is a *NoServerError.
func Dial(ctx context.Context, connection client.Options, options Options) (*Client, error) {
	options.Address = connection.HostPort
	options.Namespace = connection.Namespace
	control := New(nil, options)
	ctx, cancel := context.WithTimeout(ctx, DefaultDialTimeout)
	defer cancel()
	connection.ConnectionOptions.GetSystemInfoTimeout = DefaultDialTimeout
	temporal, err := client.DialContext(ctx, connection)
	if err != nil {
		return nil, &NoServerError{Address: control.options.Address, Err: err}
	}
	control.temporal = temporal
	return control, nil
}

// Close ends the connection.
func (c *Client) Close() { c.temporal.Close() }

// Jobs are the granted jobs, over the same connection.
func (c *Client) Jobs() *Jobs { return NewJobs(c.temporal) }

// Pipelines reach the training loops.
func (c *Client) Pipelines() *Pipelines { return NewPipelines(c.temporal) }

// signed returns the command with its actor.
func (c *Client) signed(command spec.Command) spec.Command {
	if command.Actor == "" {
		command.Actor = c.options.Actor
	}
	return command
}
