package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// batchFile is one file of an outbox: a JSON list of events.
type batchFile struct {
	number        uint64
	events, bytes int
}

// write is the outbox's only writer of files. It gathers every put that waits into one file.
func (o *Outbox) write() {
	defer o.writer.Done()
	for {
		select {
		case <-o.closed:
			return
		case first := <-o.puts:
			batch := o.gather(first)
			err := o.store(batch)
			for _, request := range batch {
				request.done <- err
			}
		}
	}
}

func (o *Outbox) gather(first *put) []*put {
	batch := []*put{first}
	for len(batch) < maxOutboxBatch {
		select {
		case another := <-o.puts:
			batch = append(batch, another)
		default:
			return batch
		}
	}
	return batch
}

func (o *Outbox) store(batch []*put) error {
	events := make([]json.RawMessage, len(batch))
	for i, request := range batch {
		events[i] = request.event
	}
	data, err := json.Marshal(events)
	if err != nil {
		return fmt.Errorf("encode outbox file: %w", err)
	}
	file, err := o.reserve(len(batch), len(data))
	if err != nil {
		return err
	}
	if err := replaceFile(o.path(file.number), data); err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(file)
	return nil
}

// reserve numbers the next file, unless it would break the bounds.
func (o *Outbox) reserve(events, bytes int) (batchFile, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.events+events > maxOutboxEvents || o.bytes+bytes > maxOutboxBytes {
		return batchFile{}, fmt.Errorf("keep events in %s, where %d wait for the bus: %w", o.dir, o.events, ErrOutboxFull)
	}
	file := batchFile{number: o.next, events: events, bytes: bytes}
	o.next++
	return file, nil
}

// add takes a file that is on disk into the queue. The caller holds the lock.
func (o *Outbox) add(file batchFile) {
	o.files = append(o.files, file)
	o.events += file.events
	o.bytes += file.bytes
	o.next = max(o.next, file.number+1)
	o.signal()
}

// drop takes the oldest file out of the queue.
func (o *Outbox) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events -= o.files[0].events
	o.bytes -= o.files[0].bytes
	o.files = o.files[1:]
	o.signal()
}

func (o *Outbox) signal() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// oldest returns the file to publish next, and a channel that is closed when the queue changes.
func (o *Outbox) oldest() (file batchFile, found bool, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.files) > 0 {
		file, found = o.files[0], true
	}
	return file, found, o.changed
}

// recover takes over what an earlier process left, in its order.
func (o *Outbox) recover() error {
	entries, err := os.ReadDir(o.dir) // sorted by name, and names are numbers of one width
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), temporaryPrefix) {
			if err := os.Remove(filepath.Join(o.dir, entry.Name())); err != nil {
				return fmt.Errorf("clean outbox: %w", err)
			}
			continue
		}
		number, err := strconv.ParseUint(strings.TrimSuffix(entry.Name(), ".json"), 10, 64)
		if err != nil {
			continue // not one of ours: the lock, or a file that was set aside
		}
		data, err := os.ReadFile(o.path(number))
		if err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
		o.add(batchFile{number: number, events: bytes.Count(data, []byte(`"event_id":`)), bytes: len(data)})
	}
	return nil
}

func (o *Outbox) load(file batchFile) ([]Event, error) {
	data, err := os.ReadFile(o.path(file.number))
	if err != nil {
		return nil, err
	}
	var events []Event
	return events, json.Unmarshal(data, &events)
}

// setAside keeps a file that cannot be read out of the way, for a person to look at.
func (o *Outbox) setAside(file batchFile, cause error) error {
	path := o.path(file.number)
	o.log.Error("outbox file cannot be read and is set aside", "file", path+".unreadable", "error", cause)
	if err := os.Rename(path, path+".unreadable"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("set outbox file aside: %w", err)
	}
	o.drop()
	return nil
}

func (o *Outbox) path(number uint64) string {
	return filepath.Join(o.dir, fmt.Sprintf("%020d.json", number))
}
