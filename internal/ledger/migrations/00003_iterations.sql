-- +goose Up
-- +goose StatementBegin

CREATE TABLE iterations (
    config_key     TEXT   NOT NULL,
    number         BIGINT NOT NULL,
    correlation_id TEXT   NOT NULL UNIQUE,
    stage          TEXT   NOT NULL,
    facts          TEXT   NOT NULL,
    outcome        TEXT   NOT NULL,
    started_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    ended_at       BIGINT,
    PRIMARY KEY (config_key, number)
);

-- One row per decision that was taken, with what it was taken from.
CREATE TABLE decisions (
    kind         TEXT   NOT NULL,
    decision_key TEXT   NOT NULL,
    config_key   TEXT   NOT NULL,
    inputs       TEXT   NOT NULL,
    verdict      TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    decided_by   TEXT   NOT NULL,
    decided_at   BIGINT NOT NULL,
    PRIMARY KEY (kind, decision_key)
);
CREATE INDEX decisions_by_time ON decisions (decided_at, decision_key);
CREATE INDEX decisions_by_config ON decisions (config_key, decided_at, decision_key);

-- +goose StatementEnd
