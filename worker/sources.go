package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/daemons/distribution/dataserver"
	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/daemons/evaluation/autopromotion"
	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/daemons/evaluation/gauntletfeedback"
	"github.com/ringrift/orchestrator/daemons/evaluation/unifiedpromotion"
	"github.com/ringrift/orchestrator/daemons/event/dlqretry"
	"github.com/ringrift/orchestrator/daemons/event/eventrouter"
	"github.com/ringrift/orchestrator/daemons/feedback/curriculumintegration"
	"github.com/ringrift/orchestrator/daemons/feedback/feedbackloop"
	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/daemons/health/healthserver"
	"github.com/ringrift/orchestrator/daemons/health/modelperformancewatchdog"
	"github.com/ringrift/orchestrator/daemons/health/qualitymonitor"
	"github.com/ringrift/orchestrator/daemons/misc/distillation"
	"github.com/ringrift/orchestrator/daemons/misc/metricsanalysis"
	"github.com/ringrift/orchestrator/daemons/misc/p2pbackend"
	"github.com/ringrift/orchestrator/daemons/pipeline/autoexport"
	"github.com/ringrift/orchestrator/daemons/pipeline/continuoustrainingloop"
	"github.com/ringrift/orchestrator/daemons/pipeline/dataconsolidation"
	"github.com/ringrift/orchestrator/daemons/pipeline/datapipeline"
	"github.com/ringrift/orchestrator/daemons/pipeline/npzcombination"
	"github.com/ringrift/orchestrator/daemons/pipeline/selfplaycoordinator"
	"github.com/ringrift/orchestrator/daemons/pipeline/tournamentdaemon"
	"github.com/ringrift/orchestrator/daemons/pipeline/trainingtrigger"
	"github.com/ringrift/orchestrator/daemons/queue/jobscheduler"
	"github.com/ringrift/orchestrator/daemons/resource/idleresource"
	"github.com/ringrift/orchestrator/daemons/sync/autosync"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/progress"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// The states of this process, as /health shows them.
const (
	stateStarting = "starting"
	stateRunning  = "running"
	stateDraining = "draining"
	stateStopped  = "stopped"
)

// sources is what the HTTP server answers from: this process, from memory.
type sources struct {
	process  *process
	registry *spec.Registry
	started  time.Time
	state    atomic.Value // string
}

func newSources(p *process) *sources {
	s := &sources{process: p, started: time.Now().UTC()}
	s.enter(stateStarting)
	return s
}

func (s *sources) enter(state string) { s.state.Store(state) }

// Snapshot returns the daemons that run in this process now.
func (s *sources) Snapshot() []spec.Info { return s.signed(s.process.host.Snapshot()) }

// Measured returns them with what they use now.
func (s *sources) Measured() []spec.Info { return s.signed(s.process.host.Measured()) }

func (s *sources) signed(infos []spec.Info) []spec.Info {
	for i := range infos {
		infos[i].Worker = s.process.identity
	}
	return infos
}

// Worker is the state of this process.
func (s *sources) Worker() web.Worker {
	return web.Worker{Identity: s.process.identity, State: s.state.Load().(string), StartedAt: s.started}
}

// LastContact is when Temporal last answered this process.
func (s *sources) LastContact() time.Time { return s.process.node.LastContact() }

// Get returns one row of the registry.
func (s *sources) Get(daemon spec.Type) (spec.Daemon, bool) { return s.registry.Get(daemon) }

// Find takes a name as people type it.
func (s *sources) Find(input string) (spec.Daemon, error) { return s.registry.Find(input) }

// Layers splits types so that each needs only types of earlier layers.
func (s *sources) Layers(types []spec.Type) [][]spec.Type { return s.registry.Layers(types) }

// Dependencies are what a type needs directly.
func (s *sources) Dependencies(daemon spec.Type) []spec.Type { return s.registry.Dependencies(daemon) }

// Look reads from the ledger how far the training is.
func (s *sources) Look(ctx context.Context) (web.Progress, error) {
	l, err := s.process.ledger.Open(ctx)
	if err != nil {
		return web.Progress{}, err
	}
	all, err := progress.Read(ctx, l)
	return web.Progress{Loop: all.Loops, Models: all.Models, Ratings: all.Ratings}, err
}

// server makes the HTTP server over these sources.
func (s *sources) server() (*web.Server, error) {
	p := s.process
	registry := prometheus.NewRegistry()
	server, err := web.New(web.Config{
		Addr: p.config.HealthAddr, Token: p.config.HTTPToken, AllowedHosts: p.config.httpHosts(), Node: p.config.NodeID, LogDir: p.config.logDir(), JobDir: p.config.jobDir(),
	}, web.Sources{
		Local: s, Temporal: s, Catalog: s, Training: s, Metrics: registry, Follower: p.bus,
		Publisher: p.bus.Session("HTTP", p.config.NodeID, 0),
	}, p.logger)
	if err != nil {
		return nil, err
	}
	for _, collector := range []prometheus.Collector{
		server.Collector(), p.bus.Collector(), p.sdk, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return server, nil
}

// verdictsEvery is how old the page's verdicts on the health of another node's daemons may be.
const verdictsEvery = 15 * time.Second

// catalogConfig gives the daemons their settings and what they may use of this process.
func (p *process) catalogConfig(namespace string) daemons.Config {
	fleet := control.New(p.temporal, control.Options{Namespace: namespace, Actor: p.identity})
	addresses := &nodes.Addresses{} // DATA_SERVER tells where it listens, P2P_BACKEND reports it
	idleness := &nodes.Idleness{}   // IDLE_RESOURCE measures it, P2P_BACKEND reports it
	return daemons.Config{
		EventRouter:    eventrouter.Config{Listen: p.config.BusListen, URL: p.config.NATSURL, Token: p.config.BusToken},
		DLQRetry:       dlqretry.Config{BaseDelay: p.config.DeadLetterPause, Interval: p.config.DeadLetterPause},
		HealthServer:   healthserver.Config{Fleet: control.NewWatch(fleet, verdictsEvery), Board: p.web},
		QualityMonitor: qualitymonitor.Config{Workloads: p.training.workloads, Runner: p.runner, Settings: p.training.quality},
		ModelPerformanceWatchdog: modelperformancewatchdog.Config{
			Configs: p.training.configs, Terms: p.training.terms, Settings: p.training.performance,
		},
		MetricsAnalysis: metricsanalysis.Config{Configs: p.training.configs, Terms: p.training.terms, Settings: p.training.metrics},
		P2PBackend: p2pbackend.Config{
			Listen: p.config.GossipListen, Advertise: p.config.GossipAdvertise, Seeds: p.config.GossipSeeds, Key: p.config.ClusterKey,
			Roles: p.config.roles(), Labels: p.config.NodeLabels, Version: nodes.BuildVersion(),
			Addresses: addresses, Idleness: idleness,
		},
		IdleResource: idleresource.Config{Running: p.executing.Running, Idleness: idleness, Settings: p.training.idle},
		DataServer: dataserver.Config{
			Listen: p.config.DataAddr, Advertise: p.config.DataAdvertise, Token: p.config.DataToken, Labels: p.config.NodeLabels, Addresses: addresses,
		},
		AutoSync:          autosync.Config{Token: p.config.DataToken, Roles: p.config.roles(), Labels: p.config.NodeLabels, MaxDiskUsed: p.training.disk},
		ModelDistribution: modeldistribution.Config{Token: p.config.DataToken},
		JobScheduler:      jobscheduler.Config{Policy: p.training.placing},
		DataPipeline:      datapipeline.Config{Configs: p.training.configs, Terms: p.training.terms, Fault: p.training.fault, Pipelines: fleet.Pipelines()},
		SelfplayCoordinator: selfplaycoordinator.Config{
			Workloads: p.training.workloads, Configs: p.training.configs, Terms: p.training.terms, Settings: p.training.selfplay,
		},
		ContinuousTraining: continuoustrainingloop.Config{Pipelines: fleet.Pipelines()},
		DataConsolidation: dataconsolidation.Config{
			Workloads: p.training.workloads, Settings: p.training.consolidation, Terms: p.training.terms,
		},
		AutoExport:       autoexport.Config{Workloads: p.training.workloads, Settings: p.training.export},
		NPZCombination:   npzcombination.Config{Workloads: p.training.workloads, Settings: p.training.combination},
		TrainingTrigger:  trainingtrigger.Config{Workloads: p.training.workloads, Settings: p.training.trainer},
		Evaluation:       evaluation.Config{Workloads: p.training.workloads, Settings: p.training.evaluation},
		AutoPromotion:    autopromotion.Config{Workloads: p.training.workloads, Settings: p.training.promotion},
		UnifiedPromotion: unifiedpromotion.Config{Settings: p.training.production},
		TournamentDaemon: tournamentdaemon.Config{Workloads: p.training.workloads, Settings: p.training.tournament},
		GauntletFeedback: gauntletfeedback.Config{Policy: p.training.gauntlet},
		FeedbackLoop: feedbackloop.Config{
			Configs: p.training.configs, Terms: p.training.terms, Policy: p.training.feedback,
		},
		CurriculumIntegration: curriculumintegration.Config{
			Configs: p.training.configs, Terms: p.training.terms, Policy: p.training.feedback,
		},
		Distillation: distillation.Config{Workloads: p.training.workloads, Settings: p.training.distillation},
		DaemonWatchdog: daemonwatchdog.Config{
			Fleet: fleet, Heartbeats: fleet, Interval: p.config.WatchdogInterval, WebhookURL: p.config.WebhookURL,
		},
	}
}

var _ interface {
	web.Local
	web.Catalog
	web.Temporal
	web.Training
} = (*sources)(nil)

var _ daemonwatchdog.Heartbeats = (*control.Client)(nil)

var _ healthserver.Fleet = (*control.Watch)(nil)
