package testkit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/node"
	processes "github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/program"
	"github.com/ringrift/orchestrator/internal/spec"
)

// nodeVariable hands a node its settings when the test binary is executed again as a node.
const nodeVariable = "RINGRIFT_TESTKIT_NODE"

// nodeDrain bounds the hand-over of a node that is told to end.
const nodeDrain = 60 * time.Second

// nodeConfig is what a process of a fleet is made of.
type nodeConfig struct {
	Temporal string      `json:"temporal"`
	Bus      string      `json:"bus"`
	Nodes    []string    `json:"nodes"` // that it plays; one, but for a test of a large cluster
	Dir      string      `json:"dir"`
	Journal  string      `json:"journal"`
	Types    []spec.Type `json:"types"`
	Shim     []string    `json:"shim,omitempty"` // of programs; none is this test binary
}

// RunAsNode turns this process into a node when a Fleet has started it as one, and then never returns. A
// package whose tests start node processes calls it first thing in TestMain.
func RunAsNode() {
	if len(os.Args) > 1 && os.Args[1] == processes.ShimArgument {
		os.Exit(processes.ShimMain())
	}
	settings, asked := os.LookupEnv(nodeVariable)
	if !asked {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	var config nodeConfig
	err := json.Unmarshal([]byte(settings), &config)
	if err == nil {
		err = runNodes(ctx, config, logger)
	}
	if err != nil {
		logger.Error("node of a test", "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runNodes is a worker process whose catalog is test daemons. It works until ctx is done and hands over.
func runNodes(ctx context.Context, config nodeConfig, logger *slog.Logger) error {
	journal, err := OpenJournal(config.Journal)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, id := range config.Nodes {
		group.Go(func() error { return runNode(ctx, config, id, journal, logger) })
	}
	return errors.Join(group.Wait(), journal.Close())
}

func runNode(ctx context.Context, config nodeConfig, id string, journal *Journal, logger *slog.Logger) (err error) {
	dir := filepath.Join(config.Dir, id)
	identity := fmt.Sprintf("%s-%d-%s", id, os.Getpid(), rand.Text()[:6])
	events, err := bus.Connect(bus.ClientConfig{URL: config.Bus, Name: identity, Node: id, Logger: logger})
	if err != nil {
		return err
	}
	defer events.Close()
	outbox, err := bus.OpenOutbox(filepath.Join(dir, "outbox"), events, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, outbox.Close()) }()
	polls := node.NewPolls()
	temporal, err := dialNode(config.Temporal, identity, polls, logger)
	if err != nil {
		return err
	}
	defer temporal.Close()
	programs, err := programsOf(ctx, dir, config.Shim)
	if err != nil {
		return err
	}
	one, err := node.New(node.Config{
		Temporal: temporal, Polls: polls, Namespace: serverNamespace, Outbox: outbox, Logger: logger,
		Node:      spec.Node{ID: id, Identity: identity},
		RecordDir: filepath.Join(dir, "running"),
		Host: host.New(host.Config{
			Node: id, DataDir: dir, ClusterDir: dir, Bus: events, Logger: logger, Now: time.Now,
			Programs: programs,
		}, TestDaemons(config.Types, journal)),
	})
	if err != nil {
		return err
	}
	return serveNode(ctx, one, outbox)
}

// programsOf runs rows with a program, after what an earlier process of the node has left is gone.
func programsOf(ctx context.Context, dir string, shim []string) (func(host.Runtime) (host.Runner, error), error) {
	scope, err := processes.Scope(dir)
	if err != nil {
		return nil, err
	}
	if _, err := processes.Sweep(ctx, scope, 0); err != nil {
		return nil, err
	}
	return program.New(program.Options{
		Scope: scope, Environment: os.Environ(), Shim: shim, LogDir: filepath.Join(dir, "logs"), Processors: processes.NewProcessors(),
	}), nil
}

func dialNode(address, identity string, polls *node.Polls, logger *slog.Logger) (client.Client, error) {
	return client.NewLazyClient(client.Options{
		HostPort: address, Namespace: serverNamespace, Identity: identity, Logger: log.NewStructuredLogger(logger),
		ConnectionOptions: client.ConnectionOptions{DialOptions: node.DialOptions(polls)},
	})
}

func serveNode(ctx context.Context, one *node.Node, outbox *bus.Outbox) error {
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	var delivery sync.WaitGroup
	delivery.Go(func() { _ = outbox.Run(alive) }) // ends with the node; what it has not delivered stays on disk
	defer delivery.Wait()
	defer end()
	if err := one.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	limited, cancel := context.WithTimeout(alive, nodeDrain)
	defer cancel()
	one.Drain(limited)
	return nil
}
