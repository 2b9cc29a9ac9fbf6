-- +goose Up
-- +goose StatementBegin

-- The newest decisions of a kind, of all configs or of one, cost the same however many other decisions there are.
CREATE INDEX decisions_by_kind ON decisions (kind, decided_at, decision_key);
CREATE INDEX decisions_by_kind_and_config ON decisions (kind, config_key, decided_at, decision_key);

-- +goose StatementEnd
