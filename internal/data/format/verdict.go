package format

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// State is what is known about a file.
type State string

// The three states. The zero State is none of them.
const (
	Valid   State = "valid"
	Corrupt State = "corrupt" // proved by reading it
	Unknown State = "unknown" // locked, gone, unreadable, or the time was over
)

// Verdict is a state, with the reason where it is not valid.
type Verdict struct {
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Genuine says of a corrupt file that it has the bytes of its hash, so that no other copy is better.
	Genuine bool `json:"genuine,omitempty"`
}

func valid() Verdict { return Verdict{State: Valid} }

func corrupt(reason string, args ...any) Verdict {
	return Verdict{State: Corrupt, Reason: fmt.Sprintf(reason, args...)}
}

func unknown(err error) Verdict { return Verdict{State: Unknown, Reason: err.Error()} }

// Judge judges a closed file: nobody writes to it, and all of it is in this one file. The rules go by name:
// .db is a games database, .npz a dataset; of anything else only the hash can tell, so it is valid if it can
// be opened.
func Judge(ctx context.Context, name, file string) Verdict {
	switch path.Ext(name) {
	case ".db":
		return judgeDatabase(ctx, file, closedDatabase)
	case ".npz":
		return judgeDataset(ctx, file)
	}
	return judgeOpaque(file)
}

// JudgeLive judges a games database that others may have open and write to.
func JudgeLive(ctx context.Context, file string) Verdict {
	return judgeDatabase(ctx, file, liveDatabase)
}

func judgeOpaque(file string) Verdict {
	opened, err := os.Open(file)
	if err != nil {
		return unknown(err)
	}
	if err := opened.Close(); err != nil {
		return unknown(err)
	}
	return valid()
}

// unreadable is the verdict on a file that could not be read to the end.
func unreadable(err error) Verdict {
	if errors.Is(err, fs.ErrNotExist) {
		return Verdict{State: Unknown, Reason: "the file is gone"}
	}
	return unknown(err)
}
