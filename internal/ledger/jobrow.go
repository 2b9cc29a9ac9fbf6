package ledger

// jobColumns are all columns of a job in the order of scanJob. What changes after the submission comes last, in
// the order of jobState.
const (
	jobSpecColumns = `job_id, idempotency_key, kind, config_key, class, plan_id, iteration_id,
		cpu, mem_mb, gpu, vram_mb, disk_mb, labels, target_node, target_until, excluded_nodes,
		max_attempts, max_losses, run_limit_seconds, silent_limit_seconds, created_at`
	jobStateColumns = `priority, request, status, waiting_for, avoided_nodes, attempt, forgiven, losses, preemptions, token, node,
		lease_until, ready_at, claimed_at, started_at, renewed_at, finished_at, cancel_requested_at, cancel_reason, resume_from,
		result, error_class, error`
	jobColumns = jobSpecColumns + ", " + jobStateColumns
)

func jobSpec(j Job) []any {
	return []any{j.ID, j.IdempotencyKey, j.Kind, j.ConfigKey, int64(j.Class), j.PlanID, j.IterationID,
		j.Resources.CPU, j.Resources.MemMB, j.Resources.GPU, j.Resources.VRAMMB, j.Resources.DiskMB, texts(j.Labels),
		j.TargetNode, micros(j.TargetUntil), texts(j.ExcludedNodes), j.MaxAttempts, j.MaxLosses, j.RunLimitSeconds,
		j.SilentLimitSeconds, micros(j.CreatedAt)}
}

func jobState(j Job) []any {
	return []any{j.Priority, string(j.Request), string(j.Status), j.WaitingFor, texts(j.AvoidedNodes), j.Attempt, j.Forgiven,
		j.Losses, j.Preemptions, j.Token, j.Node, micros(j.LeaseUntil), micros(j.ReadyAt), micros(j.ClaimedAt), micros(j.StartedAt),
		micros(j.RenewedAt), micros(j.FinishedAt), micros(j.CancelRequestedAt), j.CancelReason, j.ResumeFrom, string(j.Result),
		j.ErrorClass, j.Error}
}

func scanJob(r row) (j Job, err error) {
	return j, r.Scan(&j.ID, &j.IdempotencyKey, &j.Kind, &j.ConfigKey, &j.Class, &j.PlanID, &j.IterationID,
		&j.Resources.CPU, &j.Resources.MemMB, &j.Resources.GPU, &j.Resources.VRAMMB, &j.Resources.DiskMB, list(&j.Labels),
		&j.TargetNode, at(&j.TargetUntil), list(&j.ExcludedNodes), &j.MaxAttempts, &j.MaxLosses, &j.RunLimitSeconds,
		&j.SilentLimitSeconds, at(&j.CreatedAt),
		&j.Priority, fromJSON(&j.Request), &j.Status, &j.WaitingFor, list(&j.AvoidedNodes), &j.Attempt, &j.Forgiven,
		&j.Losses, &j.Preemptions, &j.Token, &j.Node, at(&j.LeaseUntil), at(&j.ReadyAt), at(&j.ClaimedAt), at(&j.StartedAt),
		at(&j.RenewedAt), at(&j.FinishedAt), at(&j.CancelRequestedAt), &j.CancelReason, &j.ResumeFrom, fromJSON(&j.Result),
		&j.ErrorClass, &j.Error)
}
