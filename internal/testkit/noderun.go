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

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/node"
	"github.com/ringrift/orchestrator/internal/spec"
)

// nodeVariable hands a node its settings when the test binary is executed again as a node.
const nodeVariable = "RINGRIFT_TESTKIT_NODE"

const (
	nodeDrain = 60 * time.Second
)

// nodeConfig is what a node of a fleet is made of.
type nodeConfig struct {
	Temporal string      `json:"temporal"`
	Bus      string      `json:"bus"`
	Node     string      `json:"node"`
	Dir      string      `json:"dir"`
	Journal  string      `json:"journal"`
	Types    []spec.Type `json:"types"`
}

// RunAsNode turns this process into a node when a Fleet has started it as one, and then never returns. A
// package whose tests start node processes calls it first thing in TestMain.
func RunAsNode() {
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
		err = runNode(ctx, config, logger)
	}
	if err != nil {
		logger.Error("node of a test", "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runNode is a worker process whose catalog is test daemons. It works until ctx is done and hands over.
func runNode(ctx context.Context, config nodeConfig, logger *slog.Logger) (err error) {
	identity := fmt.Sprintf("%s-%d-%s", config.Node, os.Getpid(), rand.Text()[:6])
	journal, err := OpenJournal(config.Journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	events, err := bus.Connect(bus.ClientConfig{URL: config.Bus, Name: identity, Node: config.Node, Logger: logger})
	if err != nil {
		return err
	}
	defer events.Close()
	outbox, err := bus.OpenOutbox(filepath.Join(config.Dir, "outbox"), events, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, outbox.Close()) }()
	temporal, err := dialNode(config.Temporal, identity, logger)
	if err != nil {
		return err
	}
	defer temporal.Close()
	one, err := node.New(node.Config{
		Temporal: temporal, Namespace: serverNamespace, Outbox: outbox, Logger: logger,
		Node:      spec.Node{ID: config.Node, Identity: identity},
		RecordDir: filepath.Join(config.Dir, "running"),
		Host: host.New(host.Config{
			Node: config.Node, DataDir: config.Dir, ClusterDir: config.Dir, Bus: events, Logger: logger, Now: time.Now,
		}, TestDaemons(config.Types, journal)),
	})
	if err != nil {
		return err
	}
	return serveNode(ctx, one, outbox)
}

func dialNode(address, identity string, logger *slog.Logger) (client.Client, error) {
	return client.NewLazyClient(client.Options{
		HostPort: address, Namespace: serverNamespace, Identity: identity, Logger: log.NewStructuredLogger(logger),
		ConnectionOptions: client.ConnectionOptions{DialOptions: node.DialOptions()},
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
