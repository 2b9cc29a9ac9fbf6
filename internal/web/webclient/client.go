// Package webclient asks the HTTP servers of worker processes, as package web answers: for whoever is on another
// machine, or has no folder of theirs.
//
//	client.go  Client: one question to one node, and what its failure means
//	logs.go    Log, LogChanged: the log of a daemon or of a job
package webclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// answerTimeout is how long a node may take to begin its answer.
const answerTimeout = 5 * time.Second

// maxAnswer bounds an answer in bytes.
const maxAnswer = 64 << 20

// ErrNone says that a node has no log of a daemon or of a job.
var ErrNone = errors.New("it has not run there")

// UnreachableError says that a node cannot be asked, and what an operator can do about it.
type UnreachableError struct {
	Node, Address string
	Err           error
}

func (u *UnreachableError) Error() string {
	if u.Address == "" {
		return fmt.Sprintf("node %s has not told where its HTTP server is: its worker is of an older version, or has not met this supervisor yet", u.Node)
	}
	return fmt.Sprintf("node %s cannot be asked at %s: %v: see that its worker runs, and that HEALTH_ADDR and HEALTH_ADVERTISE there name an address which this machine reaches",
		u.Node, u.Address, u.Err)
}

func (u *UnreachableError) Unwrap() error { return u.Err }

// Client asks nodes. The zero Client has no token.
type Client struct {
	// Token is what the servers ask for (HEALTH_TOKEN), the same on all nodes.
	Token string
}

// Daemons returns what runs on a node now, measured at this moment.
func (c Client) Daemons(ctx context.Context, node spec.Node) (here web.Here, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	response, err := c.ask(ctx, http.MethodGet, node, "/daemons", nil)
	if err != nil {
		return here, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&here); err != nil {
		return here, &UnreachableError{node.ID, node.HTTP, fmt.Errorf("read its answer: %w", err)}
	}
	return here, nil
}

// ask sends a request and returns an answer that is a success; the body is the caller's to close.
func (c Client) ask(ctx context.Context, method string, node spec.Node, path string, header http.Header) (*http.Response, error) {
	if node.HTTP == "" {
		return nil, &UnreachableError{Node: node.ID}
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+node.HTTP+path, nil)
	if err != nil {
		return nil, &UnreachableError{node.ID, node.HTTP, err}
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		if reason := (*url.Error)(nil); errors.As(err, &reason) {
			err = reason.Err
		}
		return nil, &UnreachableError{node.ID, node.HTTP, err}
	}
	if err := refusal(node, response); err != nil {
		_ = response.Body.Close() // nothing more is wanted of it
		return nil, err
	}
	return response, nil
}

// transport makes a connection for each question: they are few, and one that was kept open may have died with its node.
var transport = &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: answerTimeout, Proxy: nil}

// refusal says why an answer is none.
func refusal(node spec.Node, response *http.Response) error {
	switch answers := response.Header.Get(web.HeaderNode); {
	case response.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("node %s asks for a token: set HEALTH_TOKEN to the one that its worker has", node.ID)
	case answers == "" && response.StatusCode == http.StatusNotFound:
		return fmt.Errorf("node %s does not know this question: its worker is of an older version", node.ID)
	case answers != node.ID:
		return &UnreachableError{node.ID, node.HTTP, fmt.Errorf("node %q answers there", answers)}
	case response.StatusCode == http.StatusNotFound:
		return ErrNone
	case response.StatusCode == http.StatusOK:
		return nil
	}
	var fault struct{ Error string }
	_ = json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&fault) // without a text the status says it
	return fmt.Errorf("node %s answers %s: %s", node.ID, response.Status, fault.Error)
}
