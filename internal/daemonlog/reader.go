package daemonlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// poll is the pause between two looks for new lines.
	poll = 200 * time.Millisecond
	// maxTail bounds how much of a file is read to find its last lines.
	maxTail = 16 << 20
	// maxLine bounds a line that has no end yet; a longer one is handed on in pieces.
	maxLine = 1 << 20
)

// MaxLines bounds how many old lines are read.
const MaxLines = 100_000

// Line is one line of a log, without its end.
type Line struct {
	Text []byte
	// After is the place behind it.
	After Place
}

// Reader reads a log line by line. It is for one goroutine.
type Reader struct {
	path    string
	file    *os.File
	number  uint64 // of the open file
	offset  int64  // behind what was read
	partial []byte // a line whose end is not written yet
	carried int    // how much of it came from the file before
	old     []Line // the last lines at the time of opening
}

// Open opens a log at its end and keeps its last lines, of the files before the present one too.
func Open(path string, lines int) (*Reader, error) {
	files := chain(path)
	if len(files) == 0 {
		return nil, fmt.Errorf("open log %s: %w", path, os.ErrNotExist)
	}
	from := len(files)
	for found := 0; from > 0 && found < lines || from == len(files); {
		from--
		tail, err := Tail(files[from])
		if err != nil {
			return nil, err
		}
		found += bytes.Count(tail, []byte("\n"))
	}
	return open(path, files[from:], lines)
}

// Tail is the end of a file, from the start of a line; a large file is not read whole.
func Tail(file string) ([]byte, error) {
	r := &Reader{path: file}
	if err := r.enter(file, 0); err != nil {
		return nil, err
	}
	defer r.Close()
	return r.tail()
}

// open reads files of a log one after the other and stays in the last one.
func open(path string, files []string, lines int) (*Reader, error) {
	r := &Reader{path: path}
	keep := func(line Line) error {
		if r.old = append(r.old, line); len(r.old) > lines {
			r.old = r.old[1:]
		}
		return nil
	}
	for _, file := range files {
		if err := r.enter(file, 0); err != nil {
			return nil, err
		}
		tail, err := r.tail()
		if err == nil {
			err = r.take(tail, keep)
		}
		if err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

// Resume opens a log where another reader was. Is that file gone, it begins with the oldest one, and lost is true.
func Resume(path string, at Place) (r *Reader, lost bool, err error) {
	files := chain(path)
	if len(files) == 0 {
		return nil, false, fmt.Errorf("open log %s: %w", path, os.ErrNotExist)
	}
	r = &Reader{path: path}
	for _, file := range files {
		info, err := os.Stat(file)
		if err == nil && numberOf(info) == at.File && info.Size() >= at.Offset {
			return r, false, r.enter(file, at.Offset)
		}
	}
	return r, true, r.enter(files[0], 0)
}

// Close ends the reading.
func (r *Reader) Close() {
	if r.file != nil {
		_ = r.file.Close() // only read from
	}
}

// Old are the last lines at the time of opening.
func (r *Reader) Old() []Line { return r.old }

// Place is behind the last whole line that was read.
func (r *Reader) Place() Place { return Place{r.number, r.offset} }

// Rest is a last line that has no end, as a process leaves it that dies while writing; empty if there is none.
func (r *Reader) Rest() []byte { return r.partial }

// enter goes on with a file, from an offset. A line that the file before has begun ends in this one.
func (r *Reader) enter(path string, offset int64) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		_, err = file.Seek(offset, io.SeekStart)
	}
	if err != nil {
		_ = file.Close() // only read from
		return fmt.Errorf("open log %s: %w", path, err)
	}
	r.Close()
	r.file, r.number, r.offset, r.carried = file, numberOf(info), offset, len(r.partial)
	return nil
}

// tail reads the end of the open file, at most maxTail, from the start of a line.
func (r *Reader) tail() ([]byte, error) {
	info, err := r.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat log %s: %w", r.path, err)
	}
	cut := max(0, info.Size()-maxTail)
	if _, err := r.file.Seek(cut, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read log %s: %w", r.path, err)
	}
	content, err := io.ReadAll(io.LimitReader(r.file, maxTail))
	if err != nil {
		return nil, fmt.Errorf("read log %s: %w", r.path, err)
	}
	r.offset = cut
	if cut > 0 {
		skipped := bytes.IndexByte(content, '\n') + 1
		content, r.offset = content[skipped:], cut+int64(skipped)
	}
	return content, nil
}

// Follow hands on each line that is added, until ctx ends, which is no error. Caught up is called each time before it
// waits for more.
func (r *Reader) Follow(ctx context.Context, handle func(Line) error, caughtUp func() error) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		if err := r.Finish(handle); err != nil {
			return err
		}
		if err := caughtUp(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Finish hands on each line that is there and was not read.
func (r *Reader) Finish(handle func(Line) error) error {
	for {
		moved := r.moved()
		if err := r.drain(handle); err != nil {
			return err
		}
		if !moved || r.next() != nil { // it is gone again: the open one is read on
			return nil
		}
	}
}

// moved says whether the path names another file than the one that is open. It is asked before the rest
// of the open one is read, so that nothing written before the rotation is missed.
func (r *Reader) moved() bool {
	there, err := os.Stat(r.path)
	return err == nil && numberOf(there) != r.number
}

// next goes on with the file that came after the open one.
func (r *Reader) next() error { return r.enter(follower(r.path, r.number), 0) }

// drain hands on every whole line up to the end of the open file. One that was emptied is read from its beginning.
func (r *Reader) drain(handle func(Line) error) error {
	if info, err := r.file.Stat(); err == nil && info.Size() < r.offset+int64(len(r.partial)-r.carried) {
		if _, err := r.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read log %s: %w", r.path, err)
		}
		r.offset, r.partial, r.carried = 0, nil, 0
	}
	chunk := make([]byte, 64<<10)
	for {
		n, err := r.file.Read(chunk)
		if n > 0 {
			if err := r.take(chunk[:n], handle); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read log %s: %w", r.path, err)
		}
	}
}

// take cuts content into lines and keeps what follows the last end of line for later. The offset is behind the last
// whole line.
func (r *Reader) take(content []byte, handle func(Line) error) error {
	unread := append(r.partial, content...)
	for {
		line, rest, found := bytes.Cut(unread, []byte("\n"))
		if !found && len(unread) < maxLine {
			r.partial = bytes.Clone(unread)
			return nil
		}
		r.offset += int64(len(unread) - len(rest) - r.carried)
		r.carried, r.partial = 0, nil
		if err := handle(Line{bytes.Clone(line), Place{r.number, r.offset}}); err != nil {
			return err
		}
		unread = rest
	}
}
