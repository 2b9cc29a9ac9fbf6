-- +goose Up
-- +goose StatementBegin

-- Games that a file brought although another one had brought them: games says which file was the first.
CREATE TABLE game_repeats (
    file_sha256 TEXT NOT NULL REFERENCES game_files (sha256),
    game_id     TEXT NOT NULL REFERENCES games (game_id),
    PRIMARY KEY (file_sha256, game_id)
);

-- +goose StatementEnd
