-- +goose Up
-- +goose StatementBegin

-- The newest copy of each daemon that has written here. Times are microseconds since 1970, UTC.
CREATE TABLE fences (
    daemon    TEXT   NOT NULL PRIMARY KEY,
    epoch     BIGINT NOT NULL,
    raised_at BIGINT NOT NULL
);

-- +goose StatementEnd
