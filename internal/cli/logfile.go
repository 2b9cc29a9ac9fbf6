package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	logPoll = 200 * time.Millisecond
	// rotated is the suffix of the log before the present one.
	rotated = ".1"
	// maxTail bounds how much of an old log is read to find its last lines.
	maxTail = 16 << 20
	// maxLine bounds a line that has no end yet; a longer one is shown in pieces.
	maxLine = 1 << 20
)

// logFile reads a log line by line, across its rotations.
type logFile struct {
	path    string
	file    *os.File
	old     [][]byte // the last lines at the time of opening
	partial []byte   // a line whose end is not written yet
}

// openLog opens a log behind its present end and collects its last lines, from before the rotation too.
func openLog(path string, lines int) (*logFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &logFile{path: path, file: file}
	if err := l.readOld(lines); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *logFile) close() { _ = l.file.Close() } // only read from

func (l *logFile) readOld(lines int) error {
	now, err := tailOf(l.file)
	if err != nil {
		return fmt.Errorf("read log %s: %w", l.path, err)
	}
	if bytes.Count(now, []byte("\n")) < lines {
		before, err := readRotated(l.path + rotated)
		if err != nil {
			return err
		}
		now = append(before, now...)
	}
	l.take(now, func(line []byte) error { l.old = append(l.old, line); return nil })
	l.old = l.old[max(0, len(l.old)-lines):]
	return nil
}

// tailOf reads the end of a file, at most maxTail, from the start of a line, and leaves the file there.
func tailOf(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	cut := max(0, info.Size()-maxTail)
	if _, err := file.Seek(cut, io.SeekStart); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxTail))
	if cut > 0 {
		_, content, _ = bytes.Cut(content, []byte("\n"))
	}
	return content, err
}

// readRotated reads the end of the log before the present one; there need not be one.
func readRotated(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open rotated log: %w", err)
	}
	defer file.Close()
	content, err := tailOf(file)
	if err != nil {
		return nil, fmt.Errorf("read rotated log %s: %w", path, err)
	}
	return content, nil
}

// follow hands on each line that is added, until ctx ends.
func (l *logFile) follow(ctx context.Context, handle func([]byte) error) error {
	ticker := time.NewTicker(logPoll)
	defer ticker.Stop()
	for {
		moved := l.moved()
		if err := l.drain(handle); err != nil {
			return err
		}
		if moved {
			l.reopen()
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// moved says whether the path names another file than the one that is open. It is asked before the rest
// of the open one is read, so that nothing written before the rotation is missed.
func (l *logFile) moved() bool {
	there, err := os.Stat(l.path)
	here, openErr := l.file.Stat()
	return err == nil && openErr == nil && !os.SameFile(there, here)
}

// reopen goes on with the new file. Should it be gone again, the old one is read on until it is back.
func (l *logFile) reopen() {
	if file, err := os.Open(l.path); err == nil {
		l.close()
		l.file = file
	}
}

// drain hands on every whole line up to the end of the open file.
func (l *logFile) drain(handle func([]byte) error) error {
	chunk := make([]byte, 64<<10)
	for {
		n, err := l.file.Read(chunk)
		if n > 0 {
			if err := l.take(chunk[:n], handle); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read log %s: %w", l.path, err)
		}
	}
}

// take cuts content into lines and keeps what follows the last end of line for later.
func (l *logFile) take(content []byte, handle func([]byte) error) error {
	l.partial = append(l.partial, content...)
	for {
		line, rest, found := bytes.Cut(l.partial, []byte("\n"))
		if !found && len(l.partial) < maxLine {
			return nil
		}
		if !found {
			line, rest = l.partial, nil
		}
		l.partial = bytes.Clone(rest)
		if err := handle(bytes.Clone(line)); err != nil {
			return err
		}
	}
}
