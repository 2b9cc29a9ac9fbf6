package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ringrift/orchestrator/internal/local"
	"github.com/ringrift/orchestrator/internal/spec"
)

// SharedServer is one dev server for all tests of a package, each in a namespace of its own. Its zero
// value is ready: a package's tests declare one variable of it. The server keeps everything in memory and
// dies with the test binary.
type SharedServer struct {
	once       sync.Once
	server     *Server
	namespaces atomic.Int64
}

// Namespace creates a namespace for this test, with our search attributes, and returns a client of it
// that is closed with the test. The first caller starts the server.
func (s *SharedServer) Namespace(t testing.TB) (name string, c client.Client) {
	t.Helper()
	s.once.Do(func() { s.server = startShared(t) })
	if s.server == nil {
		t.Fatal("the package's shared dev server did not start; see the first test that failed")
	}
	name = fmt.Sprintf("test-%d", s.namespaces.Add(1))
	c = s.server.Dial(t, client.Options{Namespace: name})
	ctx, cancel := context.WithTimeout(context.Background(), serverStartTime)
	defer cancel()
	require.NoError(t, createNamespace(ctx, c, name), "create namespace %s", name)
	return name, c
}

// Address is the shared server's host:port, once a test has asked for a namespace.
func (s *SharedServer) Address() string { return s.server.Address() }

func startShared(t testing.TB) *Server {
	t.Helper()
	s := newServer(t, filepath.Join(os.TempDir(), fmt.Sprintf("ringrift-test-server-%d.log", os.Getpid())), local.DevServer{})
	s.start(t)
	// The server runs on with the log it has open; the name is of no use to anybody after the start.
	require.NoError(t, os.Remove(s.logPath))
	return s
}

func createNamespace(ctx context.Context, c client.Client, name string) error {
	_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        name,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		return fmt.Errorf("register it: %w", err)
	}
	attributes := map[string]enums.IndexedValueType{}
	for attribute, indexed := range spec.SearchAttributes() {
		value, err := enums.IndexedValueTypeFromString(string(indexed))
		if err != nil {
			return fmt.Errorf("search attribute %s: %w", attribute, err)
		}
		attributes[attribute] = value
	}
	return eventually(ctx, func() error {
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: name, SearchAttributes: attributes,
		})
		if err != nil {
			return fmt.Errorf("add search attributes: %w", err)
		}
		return describeNamespace(ctx, c, name)
	})
}
