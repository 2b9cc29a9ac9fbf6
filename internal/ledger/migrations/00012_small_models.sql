-- +goose Up
-- +goose StatementBegin

-- A pointer may be that of a small model. The databases have no common way to widen a check, so the table is made anew.
CREATE TABLE wider_pointers (
    config_key  TEXT   NOT NULL,
    name        TEXT   NOT NULL CHECK (name IN ('canonical', 'production', 'candidate', 'previous', 'production-small')),
    model_id    TEXT   NOT NULL REFERENCES models (model_id),
    sequence    BIGINT NOT NULL,
    decision_id TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    moved_by    TEXT   NOT NULL,
    moved_at    BIGINT NOT NULL,
    PRIMARY KEY (config_key, name)
);
INSERT INTO wider_pointers (config_key, name, model_id, sequence, decision_id, reason, moved_by, moved_at)
    SELECT config_key, name, model_id, sequence, decision_id, reason, moved_by, moved_at FROM pointers;
DROP TABLE pointers;
ALTER TABLE wider_pointers RENAME TO pointers;

-- +goose StatementEnd
