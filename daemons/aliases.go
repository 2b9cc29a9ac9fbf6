package daemons

import (
	"slices"

	"github.com/ringrift/orchestrator/internal/spec"
)

// aliases returns the deprecated names. Their edges are those of the reference, kept for the record: an
// alias runs as its final replacement, where that runs and when that may.
func aliases() []spec.Daemon {
	return slices.Concat(
		syncAliases(), healthAliases(), distributionAliases(), replicationAliases(), providerAliases(), miscAliases())
}

func syncAliases() []spec.Daemon {
	return replaced(spec.CategorySync, []spec.Daemon{
		{
			Type: "SYNC_COORDINATOR", Runner: "create_sync_coordinator", DependsOn: on("EVENT_ROUTER"),
			Replacement:       "AUTO_SYNC",
			DeprecatedMessage: "use AUTO_SYNC (was AutoSyncDaemon)",
			Scope:             spec.ScopeNode,
		},
		{
			Type: "EPHEMERAL_SYNC", Runner: "create_ephemeral_sync", DependsOn: on("EVENT_ROUTER", "DATA_PIPELINE"),
			Replacement: "AUTO_SYNC", Params: map[string]string{"strategy": "ephemeral"},
			DeprecatedMessage: `use AUTO_SYNC with strategy=ephemeral (was AutoSyncDaemon(strategy="ephemeral"))`,
			Scope:             spec.ScopeNode,
		},
	})
}

func healthAliases() []spec.Daemon {
	return replaced(spec.CategoryHealth, []spec.Daemon{
		{
			Type: "HEALTH_CHECK", Runner: "create_health_check",
			Replacement:       "NODE_HEALTH_MONITOR",
			DeprecatedMessage: "use HEALTH_SERVER, which also stands for NODE_HEALTH_MONITOR (was health_check_orchestrator.py)",
			Scope:             spec.ScopeNode,
		},
		{
			Type: "NODE_HEALTH_MONITOR", Runner: "create_node_health_monitor", DependsOn: on("EVENT_ROUTER"),
			Replacement:       "HEALTH_SERVER",
			DeprecatedMessage: "use HEALTH_SERVER (was health_check_orchestrator.py)",
			Scope:             spec.ScopeNode,
		},
		{
			Type: "SYSTEM_HEALTH_MONITOR", Runner: "create_system_health_monitor",
			DependsOn:         on("EVENT_ROUTER", "NODE_HEALTH_MONITOR"),
			Replacement:       "HEALTH_SERVER",
			DeprecatedMessage: "use HEALTH_SERVER (was unified_health_manager.py)",
			Scope:             spec.ScopeNode,
		},
	})
}

func distributionAliases() []spec.Daemon {
	return replaced(spec.CategoryDistribution, []spec.Daemon{
		{
			Type: "NPZ_DISTRIBUTION", Runner: "create_npz_distribution", DependsOn: on("EVENT_ROUTER"),
			Replacement: "MODEL_DISTRIBUTION", Params: map[string]string{"data": "npz"},
			DeprecatedMessage: "use MODEL_DISTRIBUTION with data=npz (was unified_distribution_daemon.py with DataType.NPZ)",
		},
	})
}

func replicationAliases() []spec.Daemon {
	return replaced(spec.CategoryReplication, []spec.Daemon{
		{
			Type: "REPLICATION_MONITOR", Runner: "create_replication_monitor", DependsOn: on("EVENT_ROUTER"),
			Replacement: "UNIFIED_REPLICATION", Params: map[string]string{"mode": "monitor"},
			DeprecatedMessage: "use UNIFIED_REPLICATION with mode=monitor (was unified_replication_daemon.py)",
		},
		{
			Type: "REPLICATION_REPAIR", Runner: "create_replication_repair", DependsOn: on("EVENT_ROUTER"),
			Replacement: "UNIFIED_REPLICATION", Params: map[string]string{"mode": "repair"},
			DeprecatedMessage: "use UNIFIED_REPLICATION with mode=repair (was unified_replication_daemon.py)",
		},
	})
}

func providerAliases() []spec.Daemon {
	return replaced(spec.CategoryProvider, []spec.Daemon{
		{
			Type: "LAMBDA_IDLE", Runner: "create_lambda_idle", DependsOn: on("EVENT_ROUTER", "CLUSTER_MONITOR"),
			Replacement: "VAST_IDLE", Params: map[string]string{"provider": "lambda"},
			DeprecatedMessage: "use UNIFIED_IDLE with provider=lambda (was unified_idle_shutdown_daemon.py)",
		},
		{
			Type: "VAST_IDLE", Runner: "create_vast_idle", DependsOn: on("EVENT_ROUTER", "CLUSTER_MONITOR"),
			Replacement: "UNIFIED_IDLE", Params: map[string]string{"provider": "vast"},
			DeprecatedMessage: "use UNIFIED_IDLE with provider=vast (was unified_idle_shutdown_daemon.py)",
		},
	})
}

func miscAliases() []spec.Daemon {
	return replaced(spec.CategoryMisc, []spec.Daemon{
		{
			Type: "CLUSTER_DATA_SYNC", Runner: "create_cluster_data_sync", DependsOn: on("EVENT_ROUTER"),
			Replacement: "AUTO_SYNC", Params: map[string]string{"strategy": "broadcast"},
			DeprecatedMessage: `use AUTO_SYNC with strategy=broadcast (was AutoSyncDaemon(strategy="broadcast"))`,
			Scope:             spec.ScopeNode,
		},
	})
}

// replaced completes the aliases of one category with what all aliases have in common.
func replaced(category spec.Category, rows []spec.Daemon) []spec.Daemon {
	rows = in(category, rows)
	for i := range rows {
		rows[i].Deprecated = true
		rows[i].Status = spec.StatusDeprecated
	}
	return rows
}
