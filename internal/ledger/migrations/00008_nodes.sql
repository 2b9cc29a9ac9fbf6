-- +goose Up
-- +goose StatementBegin

CREATE TABLE nodes (
    node_id        TEXT   NOT NULL PRIMARY KEY,
    roles          TEXT   NOT NULL,
    labels         TEXT   NOT NULL,
    addresses      TEXT   NOT NULL,
    capacity       TEXT   NOT NULL,
    version        TEXT   NOT NULL,
    desired        TEXT   NOT NULL CHECK (desired IN ('active', 'cordoned', 'draining', 'removed')),
    desired_by     TEXT   NOT NULL,
    desired_reason TEXT   NOT NULL,
    desired_at     BIGINT NOT NULL,
    health         TEXT   NOT NULL CHECK (health IN
                       ('unknown', 'healthy', 'suspect', 'unhealthy', 'evicted', 'offline')),
    health_reason  TEXT   NOT NULL,
    health_at      BIGINT NOT NULL,
    joined_at      BIGINT NOT NULL,
    last_seen      BIGINT NOT NULL
);

CREATE TABLE queue_samples (
    queue      TEXT   NOT NULL,
    node       TEXT   NOT NULL,
    sampled_at BIGINT NOT NULL,
    depth      BIGINT NOT NULL CHECK (depth >= 0),
    PRIMARY KEY (queue, sampled_at, node)
);
CREATE INDEX queue_samples_by_time ON queue_samples (sampled_at);

-- One row per change of a queue's throttle level.
CREATE TABLE queue_levels (
    queue      TEXT   NOT NULL,
    sequence   BIGINT NOT NULL,
    level      TEXT   NOT NULL,
    depth      BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (queue, sequence)
);

-- +goose StatementEnd
