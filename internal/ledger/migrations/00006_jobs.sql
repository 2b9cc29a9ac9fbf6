-- +goose Up
-- +goose StatementBegin

CREATE TABLE jobs (
    job_id              TEXT   NOT NULL PRIMARY KEY,
    idempotency_key     TEXT   NOT NULL UNIQUE,
    kind                TEXT   NOT NULL,
    config_key          TEXT   NOT NULL,
    class               BIGINT NOT NULL CHECK (class BETWEEN 0 AND 3),
    priority            BIGINT NOT NULL CHECK (priority BETWEEN 0 AND 100),
    status              TEXT   NOT NULL CHECK (status IN
                            ('waiting', 'pending', 'claimed', 'running', 'completed', 'failed', 'cancelled')),
    plan_id             TEXT   NOT NULL,
    iteration_id        TEXT   NOT NULL,
    request             TEXT   NOT NULL,
    cpu                 DOUBLE PRECISION NOT NULL,
    mem_mb              BIGINT NOT NULL,
    gpu                 BIGINT NOT NULL,
    vram_mb             BIGINT NOT NULL,
    disk_mb             BIGINT NOT NULL,
    labels              TEXT   NOT NULL,
    target_node         TEXT   NOT NULL,
    target_until        BIGINT,
    excluded_nodes      TEXT   NOT NULL,
    avoided_nodes       TEXT   NOT NULL,
    waiting_for         BIGINT NOT NULL,
    max_attempts        BIGINT NOT NULL,
    max_losses          BIGINT NOT NULL,
    run_limit_seconds   BIGINT NOT NULL,
    silent_limit_seconds BIGINT NOT NULL,
    attempt             BIGINT NOT NULL,
    forgiven            BIGINT NOT NULL,
    losses              BIGINT NOT NULL,
    preemptions         BIGINT NOT NULL,
    token               BIGINT NOT NULL,
    node                TEXT   NOT NULL,
    lease_until         BIGINT,
    created_at          BIGINT NOT NULL,
    ready_at            BIGINT NOT NULL,
    claimed_at          BIGINT,
    started_at          BIGINT,
    renewed_at          BIGINT,
    finished_at         BIGINT,
    cancel_requested_at BIGINT,
    cancel_reason       TEXT   NOT NULL,
    resume_from         TEXT   NOT NULL,
    result              TEXT   NOT NULL,
    error_class         TEXT   NOT NULL,
    error               TEXT   NOT NULL
);
CREATE INDEX jobs_by_time ON jobs (created_at, job_id);
CREATE INDEX jobs_by_config ON jobs (config_key, created_at, job_id);
CREATE INDEX jobs_by_kind ON jobs (kind, created_at, job_id);
CREATE INDEX jobs_by_iteration ON jobs (iteration_id, created_at, job_id) WHERE iteration_id <> '';
-- All that placement looks at, so that it does not read the requests of ten thousand jobs.
CREATE INDEX jobs_pending ON jobs (class, priority, ready_at, config_key, kind, job_id, cpu, mem_mb, gpu, vram_mb, disk_mb, target_node, target_until)
    WHERE status = 'pending';
CREATE INDEX jobs_waiting ON jobs (created_at, job_id) WHERE status = 'waiting';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE status IN ('claimed', 'running');
CREATE INDEX jobs_unfinished ON jobs (kind, config_key, status) WHERE finished_at IS NULL;
CREATE INDEX jobs_finished ON jobs (finished_at, job_id) WHERE finished_at IS NOT NULL;

CREATE TABLE job_dependencies (
    job_id     TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    depends_on TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, depends_on)
);
CREATE INDEX job_dependants ON job_dependencies (depends_on);

-- One row per claim: who had the job, since when, and what came of it.
CREATE TABLE job_attempts (
    job_id      TEXT   NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    token       BIGINT NOT NULL,
    attempt     BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    config_key  TEXT   NOT NULL,
    class       BIGINT NOT NULL,
    node        TEXT   NOT NULL,
    ready_at    BIGINT NOT NULL,
    claimed_at  BIGINT NOT NULL,
    started_at  BIGINT,
    ended_at    BIGINT,
    outcome     TEXT   NOT NULL,
    error_class TEXT   NOT NULL,
    error       TEXT   NOT NULL,
    PRIMARY KEY (job_id, token)
);
CREATE INDEX job_attempts_ended ON job_attempts (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX job_attempts_open ON job_attempts (node) WHERE ended_at IS NULL;

-- +goose StatementEnd
