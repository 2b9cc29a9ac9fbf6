package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	shim "github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
	command "github.com/ringrift/orchestrator/internal/workload/run"
)

// ledgerOpener opens the ledger when somebody first needs it, and again as long as that fails.
type ledgerOpener struct {
	config ledger.Config
	mutex  sync.Mutex
	opened *ledger.Ledger
}

// Open returns the ledger. The context bounds the wait for a database that is away.
func (l *ledgerOpener) Open(ctx context.Context) (*ledger.Ledger, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.opened == nil {
		opened, err := ledger.Open(ctx, l.config)
		if err != nil {
			return nil, err
		}
		l.opened = opened
	}
	return l.opened, nil
}

// Close closes what was opened.
func (l *ledgerOpener) Close() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.opened == nil {
		return nil
	}
	return l.opened.Close()
}

func (c Config) ledger() ledger.Config {
	if c.StoreDSN != "" {
		return ledger.Config{DSN: c.StoreDSN}
	}
	return ledger.Config{Path: c.LedgerPath()}
}

// openFiles opens the node's data files and what jobs need.
func (p *process) openFiles() error {
	var err error
	p.ledger = &ledgerOpener{config: p.config.ledger()}
	p.files, err = data.Open(data.Config{Path: p.config.DataDir, Node: p.config.NodeID, Logger: p.logger})
	if err != nil {
		return err
	}
	p.workloads = workloads(p.config.WorkloadsDir, p.logger)
	executor, err := p.executor()
	if err != nil {
		return err
	}
	p.executing = executor
	p.jobs = &activities.Jobs{
		Executor: executor, Client: p.temporal, Identity: p.identity, Logger: p.logger,
		Recorder: jobs.NewRecorder(jobs.RecorderConfig{Open: p.ledger.Open, Publish: p.publish}),
	}
	return p.openTraining()
}

func (p *process) executor() (*jobs.Executor, error) {
	scope, err := shim.Scope(p.config.DataDir)
	if err != nil {
		return nil, err
	}
	token, err := peers.Token(p.config.DataToken, p.config.ClusterDir)
	if err != nil {
		return nil, err
	}
	fetch, err := transfer.NewClient(transfer.ClientConfig{Token: token, Logger: p.logger})
	if err != nil {
		return nil, err
	}
	p.scope = scope
	p.runner = command.New(command.Options{Scope: scope, Environment: []string{"PATH=" + p.config.path}, Shim: p.config.shim()})
	return jobs.NewExecutor(jobs.ExecutorConfig{
		Node: p.config.NodeID, Dir: p.config.jobDir(), Scope: scope, Files: p.files, Fetch: fetch,
		Runner: p.runner, Workloads: p.workloads, Logger: p.logger, Now: time.Now,
	})
}

// publish keeps events of jobs on disk until the bus has them.
func (p *process) publish(ctx context.Context, events ...bus.Event) error {
	for _, event := range events {
		if err := p.outbox.Put(ctx, event); err != nil {
			return fmt.Errorf("keep event %s: %w", event.Name, err)
		}
	}
	return nil
}

// workloads are those of a folder by their names. One that is broken is told of.
func workloads(dir string, logger *slog.Logger) map[string]*workload.Workload {
	all, faults := workload.LoadAll(dir)
	for _, fault := range faults {
		logger.Error("workload left out", "error", fault)
	}
	loaded := map[string]*workload.Workload{}
	for _, one := range all {
		loaded[one.Manifest.Name] = one
	}
	return loaded
}

// shim is the small program beside this one that holds a command; without it this one does it itself.
func (c Config) shim() []string {
	path := filepath.Join(c.programs, "shim")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return []string{path}
}
