-- +goose Up
-- +goose StatementBegin

-- Every file of the cluster that is kept by its content.
CREATE TABLE items (
    sha256         TEXT   NOT NULL PRIMARY KEY,
    role           TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    config_key     TEXT   NOT NULL,
    bytes          BIGINT NOT NULL CHECK (bytes >= 0),
    logical_digest TEXT   NOT NULL,
    created_at     BIGINT NOT NULL
);
CREATE INDEX items_by_time ON items (created_at, sha256);
CREATE INDEX items_by_config ON items (config_key, created_at, sha256);
CREATE INDEX items_by_role ON items (role, created_at, sha256);

-- Which node said it has an item, where, and what is known about that copy.
CREATE TABLE holders (
    sha256      TEXT   NOT NULL REFERENCES items (sha256) ON DELETE CASCADE,
    node        TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('verified', 'unverified', 'suspect', 'gone')),
    verified_at BIGINT,
    last_seen   BIGINT NOT NULL,
    PRIMARY KEY (sha256, node, path)
);
CREATE INDEX holders_by_node ON holders (node, sha256, path);
CREATE INDEX holders_by_last_seen ON holders (last_seen, sha256, node) WHERE state <> 'gone';

-- The intent that an item is to be on a node, from before the first byte until it is verified there.
CREATE TABLE deliveries (
    sha256      TEXT   NOT NULL REFERENCES items (sha256) ON DELETE CASCADE,
    node        TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('pending', 'transferring', 'verified', 'failed')),
    priority    BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    bytes_done  BIGINT NOT NULL,
    error       TEXT   NOT NULL,
    next_at     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    verified_at BIGINT,
    PRIMARY KEY (sha256, node)
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state IN ('pending', 'transferring');
CREATE INDEX deliveries_by_node ON deliveries (node, state);
CREATE INDEX deliveries_by_time ON deliveries (created_at, sha256, node);

-- +goose StatementEnd
