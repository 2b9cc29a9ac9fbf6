package daemons

import (
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// planned returns the rows that nobody has written yet. Whoever writes one takes its row along into
// the new package and deletes it here.
func planned() []spec.Daemon {
	const node = spec.ScopeNode
	var (
		coordinators = []spec.Role{spec.RoleCoordinator}
		trainers     = []spec.Role{spec.RoleTraining}
		gpus         = []spec.Role{spec.RoleTraining, spec.RoleSelfplay}
		workers      = []spec.Role{spec.RoleTraining, spec.RoleSelfplay, spec.RoleStorage}
	)
	return slices.Concat(
		in(spec.CategorySync, []spec.Daemon{
			{Type: "HIGH_QUALITY_SYNC", Runner: "create_high_quality_sync", DependsOn: on("EVENT_ROUTER")},
			{Type: "GOSSIP_SYNC", Runner: "create_gossip_sync", DependsOn: on("EVENT_ROUTER"), Scope: node, Roles: workers},
			{Type: "TRAINING_NODE_WATCHER", Runner: "create_training_node_watcher", DependsOn: on("EVENT_ROUTER", "DATA_PIPELINE"), Scope: node, Roles: trainers},
			{Type: "TRAINING_DATA_SYNC", Runner: "create_training_data_sync", DependsOn: on("EVENT_ROUTER"), Scope: node, Roles: trainers},
			{Type: "S3_NODE_SYNC", Runner: "create_s3_node_sync", DependsOn: on("EVENT_ROUTER"), Scope: node},
			{Type: "S3_CONSOLIDATION", Runner: "create_s3_consolidation", DependsOn: on("EVENT_ROUTER", "S3_NODE_SYNC"), Roles: coordinators},
			{Type: "SYNC_PUSH", Runner: "create_sync_push", DependsOn: on("EVENT_ROUTER"), HealthCheckInterval: time.Minute, Scope: node, Roles: gpus},
			{Type: "UNIFIED_DATA_PLANE", Runner: "create_unified_data_plane", DependsOn: on("EVENT_ROUTER", "DATA_PIPELINE", "FEEDBACK_LOOP"), HealthCheckInterval: time.Minute},
		}),
		in(spec.CategoryHealth, []spec.Daemon{
			{Type: "CLUSTER_WATCHDOG", Runner: "create_cluster_watchdog", DependsOn: on("EVENT_ROUTER", "CLUSTER_MONITOR")},
			{Type: "COORDINATOR_HEALTH_MONITOR", Runner: "create_coordinator_health_monitor", DependsOn: on("EVENT_ROUTER"), Roles: coordinators},
			{Type: "AVAILABILITY_NODE_MONITOR", Runner: "create_availability_node_monitor", DependsOn: on("EVENT_ROUTER")},
		}),
		in(spec.CategoryDistribution, []spec.Daemon{
			{Type: "MODEL_SYNC", Runner: "create_model_sync", DependsOn: on("EVENT_ROUTER")},
		}),
		in(spec.CategoryReplication, []spec.Daemon{
			{Type: "UNIFIED_REPLICATION", Runner: "create_unified_replication", DependsOn: on("EVENT_ROUTER"), Added: true},
		}),
		in(spec.CategoryResource, []spec.Daemon{
			{Type: "NODE_RECOVERY", Runner: "create_node_recovery", DependsOn: on("EVENT_ROUTER")},
			{Type: "RESOURCE_OPTIMIZER", Runner: "create_resource_optimizer", DependsOn: on("EVENT_ROUTER", "JOB_SCHEDULER")},
			{Type: "UTILIZATION_OPTIMIZER", Runner: "create_utilization_optimizer", DependsOn: on("EVENT_ROUTER", "IDLE_RESOURCE")},
			{Type: "ADAPTIVE_RESOURCES", Runner: "create_adaptive_resources", DependsOn: on("EVENT_ROUTER", "CLUSTER_MONITOR")},
			{Type: "NODE_AVAILABILITY", Runner: "create_node_availability", DependsOn: on("EVENT_ROUTER")},
			{Type: "AVAILABILITY_CAPACITY_PLANNER", Runner: "create_availability_capacity_planner", DependsOn: on("EVENT_ROUTER")},
			{Type: "AVAILABILITY_PROVISIONER", Runner: "create_availability_provisioner", DependsOn: on("EVENT_ROUTER", "AVAILABILITY_CAPACITY_PLANNER")},
		}),
		in(spec.CategoryProvider, []spec.Daemon{
			{Type: "MULTI_PROVIDER", Runner: "create_multi_provider", DependsOn: on("EVENT_ROUTER", "CLUSTER_MONITOR")},
			{Type: "UNIFIED_IDLE", Runner: "create_unified_idle", DependsOn: on("EVENT_ROUTER", "CLUSTER_MONITOR"), Added: true},
		}),
		in(spec.CategoryRecovery, []spec.Daemon{
			{Type: "RECOVERY_ORCHESTRATOR", Runner: "create_recovery_orchestrator", DependsOn: on("EVENT_ROUTER", "NODE_HEALTH_MONITOR")},
			{Type: "CACHE_COORDINATION", Runner: "create_cache_coordination", DependsOn: on("EVENT_ROUTER", "CLUSTER_MONITOR")},
			{Type: "MAINTENANCE", Runner: "create_maintenance", DependsOn: on("EVENT_ROUTER"), Scope: node},
			{Type: "ORPHAN_DETECTION", Runner: "create_orphan_detection", DependsOn: on("EVENT_ROUTER"), Scope: node},
			{Type: "DATA_CLEANUP", Runner: "create_data_cleanup", DependsOn: on("EVENT_ROUTER"), Scope: node},
			{Type: "DISK_SPACE_MANAGER", Runner: "create_disk_space_manager", DependsOn: on("EVENT_ROUTER"), Scope: node, Roles: workers},
			{Type: "COORDINATOR_DISK_MANAGER", Runner: "create_coordinator_disk_manager", DependsOn: on("EVENT_ROUTER", "DISK_SPACE_MANAGER"), Roles: coordinators},
			{Type: "INTEGRITY_CHECK", Runner: "create_integrity_check", DependsOn: on("EVENT_ROUTER"), HealthCheckInterval: time.Hour, Scope: node},
			{Type: "AVAILABILITY_RECOVERY_ENGINE", Runner: "create_availability_recovery_engine", DependsOn: on("EVENT_ROUTER", "AVAILABILITY_NODE_MONITOR")},
		}),
		in(spec.CategoryMisc, []spec.Daemon{
			{Type: "S3_BACKUP", Runner: "create_s3_backup", DependsOn: on("EVENT_ROUTER", "MODEL_DISTRIBUTION"), Roles: coordinators},
			{Type: "EXTERNAL_DRIVE_SYNC", Runner: "create_external_drive_sync", DependsOn: on("EVENT_ROUTER"), Roles: coordinators},
			{Type: "VAST_CPU_PIPELINE", Runner: "create_vast_cpu_pipeline", DependsOn: on("EVENT_ROUTER")},
			{Type: "P2P_AUTO_DEPLOY", Runner: "create_p2p_auto_deploy", DependsOn: on("EVENT_ROUTER")},
		}),
	)
}

// in completes the rows of one category with what all planned rows have in common. A row that names no
// scope has one copy in the cluster, one that names no interval has the registry's default.
func in(category spec.Category, rows []spec.Daemon) []spec.Daemon {
	for i := range rows {
		rows[i].Category = category
		rows[i].AutoRestart = true
		rows[i].MaxRestarts = spec.DefaultMaxRestarts
		rows[i].Status = spec.StatusPlanned
	}
	return rows
}

// on keeps the tables short.
func on(types ...spec.Type) []spec.Type { return types }
