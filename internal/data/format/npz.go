package format

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

const (
	maxArrays = 1024
	maxRows   = 100_000_000
)

// isPerSample names the arrays with one row a sample, as the specifications of the field name them. Others may have
// any shape.
func isPerSample(name string) bool {
	switch name {
	case "features", "globals", "value", "values", "values_mp", "policy", "policy_indices", "policy_values",
		"game_id", "position", "generation", "weight", "sample_weights", "num_players", "move_numbers",
		"total_game_moves", "phases", "victory_types", "engine_modes", "move_types", "opponent_elo",
		"generator_elo", "quality_score", "opponent_types", "heuristics":
		return true
	}
	return false
}

// judgeDataset judges a .npz file: it opens, has features and values, and all arrays of samples have the
// same number of rows and the bytes that their headers promise.
func judgeDataset(ctx context.Context, file string) Verdict {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return archiveError("", err)
	}
	defer func() { _ = archive.Close() }() // it was only read
	if len(archive.File) > maxArrays {
		return corrupt("it has %d arrays, at most %d are allowed", len(archive.File), maxArrays)
	}
	rows := map[string]int64{}
	for _, member := range archive.File {
		if err := ctx.Err(); err != nil {
			return unknown(err)
		}
		name, isArray := strings.CutSuffix(member.Name, ".npy")
		if _, twice := rows[name]; !isArray || twice {
			return corrupt("its member %.80q is not an array, or is there twice", member.Name)
		}
		read, err := judgeArray(member)
		if err != nil {
			return archiveError(fmt.Sprintf("array %.80s: ", name), err)
		}
		rows[name] = read.rows()
	}
	return judgeRows(rows)
}

// archiveError tells a file that cannot be read from one that was read and is wrong.
func archiveError(where string, err error) Verdict {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return unreadable(err)
	}
	return corrupt("%s%s", where, err)
}

func judgeArray(member *zip.File) (array, error) {
	opened, err := member.Open()
	if err != nil {
		return array{}, err
	}
	read, err := readArray(opened)
	// Only the beginning was read, so there is no checksum yet that closing could complain about.
	if err := errors.Join(err, opened.Close()); err != nil {
		return array{}, err
	}
	if read.objects {
		return read, nil
	}
	bytes, err := read.bytes()
	if err == nil && uint64(bytes) != member.UncompressedSize64 {
		err = fmt.Errorf("it has %d bytes, its header promises %d", member.UncompressedSize64, bytes)
	}
	return read, err
}

func judgeRows(rows map[string]int64) Verdict {
	samples, found := rows["features"]
	_, value := rows["value"]
	_, values := rows["values"]
	switch {
	case !found || !value && !values:
		return corrupt("it has no array features, or none of value and values")
	case samples < 0 || samples > maxRows:
		return corrupt("features has %d rows, 0 to %d are allowed", samples, maxRows)
	}
	for name, count := range rows {
		if isPerSample(name) && count >= 0 && count != samples {
			return corrupt("%s has %d rows, features has %d", name, count, samples)
		}
	}
	return valid()
}
