package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Act is what a line of the journal tells.
type Act string

const (
	ActInit  Act = "init"  // a copy of a daemon begins to work
	ActReady Act = "ready" // it has initialised
	ActTick  Act = "tick"
	ActEnd   Act = "end" // it has ended; the text says why

	ActKilled Act = "killed" // the test sends kill -9 to a process
	ActFrozen Act = "frozen" // the test stops a process where it stands
	ActThawed Act = "thawed" // the test lets it go on
)

// Entry is one line of the journal. A test daemon writes of itself, the test writes what it does to
// processes. At is the wall clock, the same for all processes of the machine.
type Entry struct {
	Act     Act       `json:"act"`
	ID      string    `json:"id,omitempty"` // workflow id of the daemon
	Epoch   int64     `json:"epoch,omitempty"`
	Attempt int       `json:"attempt,omitempty"`
	PID     int       `json:"pid"`
	At      time.Time `json:"at"`
	Text    string    `json:"text,omitempty"`
}

// Type is the daemon's type; empty in what the test wrote.
func (e Entry) Type() spec.Type {
	daemon, _, _ := spec.ParseWorkflowID(e.ID)
	return daemon
}

// Journal is the evidence of what daemons really did, independent of Temporal: a file to which every
// daemon of every process appends. The kernel puts the lines of all processes into one order, which is
// the order of events; no clock is needed for it.
type Journal struct {
	file *os.File

	mutex   sync.Mutex
	read    int64
	entries Entries
}

// OpenJournal opens the file for appending and reading, and makes it if it is not there.
func OpenJournal(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &Journal{file: file}, nil
}

// Append writes one line by a single system call and stamps it with the time. A PID of zero is this process.
func (j *Journal) Append(entry Entry) error {
	entry.At = time.Now()
	if entry.PID == 0 {
		entry.PID = os.Getpid()
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encode journal entry: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

// Entries returns all lines so far, in order.
func (j *Journal) Entries() (Entries, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	fresh, err := io.ReadAll(io.NewSectionReader(j.file, j.read, 1<<30))
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	for {
		line, rest, whole := bytes.Cut(fresh, []byte{'\n'})
		if !whole {
			return j.entries[:len(j.entries):len(j.entries)], nil
		}
		var entry Entry
		if err := json.Unmarshal(line, &entry); err != nil {
			return nil, fmt.Errorf("line %d of the journal: %w", len(j.entries)+1, err)
		}
		j.entries = append(j.entries, entry)
		j.read += int64(len(line)) + 1
		fresh = rest
	}
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }
