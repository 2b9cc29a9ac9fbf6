package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/metrics"
	"github.com/ringrift/orchestrator/internal/node"
	shim "github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/program"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
	"github.com/ringrift/orchestrator/internal/workload"
	command "github.com/ringrift/orchestrator/internal/workload/run"
)

const defaultAddress = "127.0.0.1:7233"

// process is one running worker.
type process struct {
	config   Config
	logger   *slog.Logger
	identity string
	temporal client.Client
	polls    *node.Polls
	bus      *bus.Client
	outbox   *bus.Outbox
	host     *host.Host
	node     *node.Node
	web      *web.Server
	sources  *sources
	sdk      *metrics.SDK
	retirer  *daemonlog.Retirer

	scope     string // of every process that this worker starts
	ledger    *ledgerOpener
	files     *data.Dir
	runner    *command.Runner
	executing *jobs.Executor
	jobs      *activities.Jobs
	workloads map[string]*workload.Workload
	training  *training
	pipelines *activities.Pipelines
}

// runProcess starts everything, works until ctx is done, and hands over.
func runProcess(ctx context.Context, config Config, logger *slog.Logger) error {
	unlock, err := lock(config)
	if err != nil {
		return err
	}
	defer unlock()
	p := &process{
		config: config, logger: logger, sdk: metrics.NewSDK(), polls: node.NewPolls(),
		identity: fmt.Sprintf("%s-%d-%s", config.NodeID, os.Getpid(), rand.Text()[:6]),
	}
	if err := p.open(); err != nil {
		return err
	}
	defer p.close()
	return p.serve(ctx)
}

// lock makes this the only worker of its data folder.
func lock(config Config) (unlock func(), err error) {
	for _, dir := range []string{config.DataDir, config.ClusterDir} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make the data folder: %w: set DATA_DIR to a folder that can be written", err)
		}
	}
	file := flock.New(filepath.Join(config.DataDir, "worker.lock"))
	locked, err := file.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("lock DATA_DIR %s: %w: set DATA_DIR to a folder that can be written", config.DataDir, err)
	case !locked:
		return nil, fmt.Errorf("DATA_DIR %s is in use by another worker: stop that one, or give this one a folder and a NODE_ID of its own", config.DataDir)
	}
	return func() { _ = file.Unlock() }, nil // the lock ends with the process anyway
}

// open makes the parts; nothing polls yet.
func (p *process) open() error {
	options, err := p.temporalOptions()
	if err != nil {
		return err
	}
	if p.temporal, err = client.NewLazyClient(options); err != nil {
		return fmt.Errorf("open Temporal client for %s: %w", options.HostPort, err)
	}
	if p.bus, err = bus.Connect(bus.ClientConfig{
		URL: p.config.BusURL(), Name: p.identity, Node: p.config.NodeID, Token: p.config.BusToken, Logger: p.logger,
	}); err != nil {
		return err
	}
	if p.outbox, err = bus.OpenOutbox(filepath.Join(p.config.DataDir, "events", "outbox"), p.bus, p.logger); err != nil {
		return err
	}
	if err := p.openFiles(); err != nil {
		return err
	}
	return p.openDaemons(options.Namespace)
}

// openDaemons makes the host with its catalog, the node, and the HTTP server that shows them.
func (p *process) openDaemons(namespace string) error {
	p.sources = newSources(p)
	server, err := p.sources.server()
	if err != nil {
		return err
	}
	p.web = server
	catalog := daemons.Catalog(p.catalogConfig(namespace))
	if p.sources.registry, err = daemons.Registry(catalog); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	if err := p.web.Listen(); err != nil {
		return err
	}
	logDir := p.config.logDir()
	p.host = host.New(host.Config{
		Programs: program.New(program.Options{
			Scope: p.scope, Environment: p.config.environment, Shim: p.config.shim(), LogDir: logDir, Processors: shim.NewProcessors(),
		}),
		Node: p.config.NodeID, DataDir: p.config.DataDir, ClusterDir: p.config.ClusterDir, Bus: p.bus,
		Ledger: p.ledger.Open, Jobs: p.granted(), Files: p.files,
		Logger: p.logger, Now: time.Now, LogDir: logDir,
	}, catalog)
	fleet := control.New(p.temporal, control.Options{Namespace: namespace, Actor: p.identity})
	p.retirer = &daemonlog.Retirer{Dir: logDir, Plan: fleet.Plan, Now: time.Now, Logger: p.logger}
	p.node, err = node.New(node.Config{
		Temporal: p.temporal, Polls: p.polls, Namespace: namespace, Host: p.host, Outbox: p.outbox, Logger: p.logger,
		Node:      spec.Node{ID: p.config.NodeID, Roles: p.config.roles(), Identity: p.identity, HTTP: cmp.Or(p.config.HTTPAdvertise, p.web.Address())},
		Version:   worker.WorkerDeploymentVersion{DeploymentName: p.config.Deployment, BuildID: p.config.BuildID},
		RecordDir: filepath.Join(p.config.DataDir, "running"), Jobs: p.jobs, Pipelines: p.pipelines,
	})
	return err
}

// granted are the jobs as JOB_SCHEDULER starts them from here.
func (p *process) granted() *control.Jobs {
	if p.config.Deployment != "" {
		return control.NewJobs(p.temporal)
	}
	return control.NewJobs(p.temporal).StartingHere()
}

func (p *process) temporalOptions() (client.Options, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{ConfigFileProfile: p.config.Profile})
	if err != nil {
		return options, fmt.Errorf("read the settings of the Temporal connection: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = defaultAddress
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.Identity = p.identity
	options.Logger = log.NewStructuredLogger(p.logger)
	options.MetricsHandler = p.sdk.Handler()
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, node.DialOptions(p.polls)...)
	return options, nil
}

// serve answers HTTP from the first moment, begins to poll once Temporal is there, and drains at the end.
func (p *process) serve(ctx context.Context) error {
	// What serves the others outlives ctx until the daemons have handed over.
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	defer group.Wait()
	defer end()
	failed := make(chan error, 1)
	group.Go(func() {
		if err := p.web.Run(alive); err != nil {
			failed <- err
		}
	})
	group.Go(func() { p.keepPublishing(alive) })
	if err := p.executing.Sweep(ctx); err != nil {
		return err
	}
	if err := p.node.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to end before Temporal was there
		}
		return err
	}
	group.Go(func() { p.retirer.Run(alive) })
	p.sources.enter(stateRunning)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	p.sources.enter(stateDraining)
	p.logger.Info("draining")
	p.node.Drain(alive) // as long as its daemons may take to stop: whoever runs this process must allow more
	p.sources.enter(stateStopped)
	return err
}

func (p *process) keepPublishing(ctx context.Context) {
	if err := p.outbox.Run(ctx); err != nil && ctx.Err() == nil {
		p.logger.Error("events are kept on disk and not delivered", "error", err)
	}
}

func (p *process) close() {
	p.bus.Close()
	if err := p.outbox.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		p.logger.Error("close outbox", "error", err)
	}
	p.temporal.Close()
	if err := errors.Join(p.files.Close(), p.ledger.Close()); err != nil {
		p.logger.Error("close the data files and the ledger", "error", err)
	}
}
