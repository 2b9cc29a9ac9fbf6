package daemons

import (
	"github.com/ringrift/orchestrator/daemons/distribution/dataserver"
	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/daemons/evaluation/autopromotion"
	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/daemons/evaluation/gauntletfeedback"
	"github.com/ringrift/orchestrator/daemons/evaluation/unifiedpromotion"
	"github.com/ringrift/orchestrator/daemons/event/crossprocesspoller"
	"github.com/ringrift/orchestrator/daemons/event/dlqretry"
	"github.com/ringrift/orchestrator/daemons/event/eventrouter"
	"github.com/ringrift/orchestrator/daemons/feedback/curriculumintegration"
	"github.com/ringrift/orchestrator/daemons/feedback/feedbackloop"
	"github.com/ringrift/orchestrator/daemons/health/clustermonitor"
	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/daemons/health/healthserver"
	"github.com/ringrift/orchestrator/daemons/health/modelperformancewatchdog"
	"github.com/ringrift/orchestrator/daemons/health/qualitymonitor"
	"github.com/ringrift/orchestrator/daemons/health/queuemonitor"
	"github.com/ringrift/orchestrator/daemons/health/workqueuemonitor"
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
	"github.com/ringrift/orchestrator/daemons/queue/queuepopulator"
	"github.com/ringrift/orchestrator/daemons/resource/idleresource"
	"github.com/ringrift/orchestrator/daemons/sync/autosync"
	"github.com/ringrift/orchestrator/daemons/sync/elosync"
	"github.com/ringrift/orchestrator/internal/host"
)

// Config has the settings of every daemon; zero means the defaults. Tools that only read the rows leave it empty.
type Config struct {
	EventRouter              eventrouter.Config
	CrossProcessPoller       crossprocesspoller.Config
	DLQRetry                 dlqretry.Config
	DaemonWatchdog           daemonwatchdog.Config
	HealthServer             healthserver.Config
	ClusterMonitor           clustermonitor.Config
	P2PBackend               p2pbackend.Config
	QueuePopulator           queuepopulator.Config
	JobScheduler             jobscheduler.Config
	WorkQueueMonitor         workqueuemonitor.Config
	QueueMonitor             queuemonitor.Config
	DataServer               dataserver.Config
	AutoSync                 autosync.Config
	ModelDistribution        modeldistribution.Config
	EloSync                  elosync.Config
	DataPipeline             datapipeline.Config
	SelfplayCoordinator      selfplaycoordinator.Config
	DataConsolidation        dataconsolidation.Config
	AutoExport               autoexport.Config
	NPZCombination           npzcombination.Config
	TrainingTrigger          trainingtrigger.Config
	Evaluation               evaluation.Config
	AutoPromotion            autopromotion.Config
	UnifiedPromotion         unifiedpromotion.Config
	GauntletFeedback         gauntletfeedback.Config
	TournamentDaemon         tournamentdaemon.Config
	FeedbackLoop             feedbackloop.Config
	CurriculumIntegration    curriculumintegration.Config
	QualityMonitor           qualitymonitor.Config
	ModelPerformanceWatchdog modelperformancewatchdog.Config
	MetricsAnalysis          metricsanalysis.Config
	IdleResource             idleresource.Config
	ContinuousTraining       continuoustrainingloop.Config
	Distillation             distillation.Config
}

// Catalog lists the daemons that this build can run, one line each.
func Catalog(config Config) []host.Declaration {
	return []host.Declaration{
		eventrouter.Declare(config.EventRouter),
		crossprocesspoller.Declare(config.CrossProcessPoller),
		dlqretry.Declare(config.DLQRetry),
		daemonwatchdog.Declare(config.DaemonWatchdog),
		healthserver.Declare(config.HealthServer),
		clustermonitor.Declare(config.ClusterMonitor),
		qualitymonitor.Declare(config.QualityMonitor),
		modelperformancewatchdog.Declare(config.ModelPerformanceWatchdog),
		metricsanalysis.Declare(config.MetricsAnalysis),
		p2pbackend.Declare(config.P2PBackend),
		idleresource.Declare(config.IdleResource),
		queuepopulator.Declare(config.QueuePopulator),
		jobscheduler.Declare(config.JobScheduler),
		workqueuemonitor.Declare(config.WorkQueueMonitor),
		queuemonitor.Declare(config.QueueMonitor),
		dataserver.Declare(config.DataServer),
		autosync.Declare(config.AutoSync),
		modeldistribution.Declare(config.ModelDistribution),
		elosync.Declare(config.EloSync),
		datapipeline.Declare(config.DataPipeline),
		selfplaycoordinator.Declare(config.SelfplayCoordinator),
		continuoustrainingloop.Declare(config.ContinuousTraining),
		dataconsolidation.Declare(config.DataConsolidation),
		autoexport.Declare(config.AutoExport),
		npzcombination.Declare(config.NPZCombination),
		trainingtrigger.Declare(config.TrainingTrigger),
		evaluation.Declare(config.Evaluation),
		autopromotion.Declare(config.AutoPromotion),
		unifiedpromotion.Declare(config.UnifiedPromotion),
		gauntletfeedback.Declare(config.GauntletFeedback),
		tournamentdaemon.Declare(config.TournamentDaemon),
		feedbackloop.Declare(config.FeedbackLoop),
		curriculumintegration.Declare(config.CurriculumIntegration),
		distillation.Declare(config.Distillation),
	}
}
