package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// presenceInterval is how long a log that somebody has removed or moved away may go unnoticed.
const presenceInterval = time.Second

// logFile is a file that is rotated when it has grown to its limit. It belongs to one goroutine.
type logFile struct {
	log     Log
	file    *os.File
	size    int64
	midLine bool      // it does not end with a line
	seen    time.Time // when it was last found in its place
}

// openLog goes on where the last run has ended, on a line of its own.
func openLog(log Log) (*logFile, error) {
	l := &logFile{log: log}
	if err := l.open(); err != nil {
		return nil, err
	}
	if l.size > 0 && !endsLine(log.Path, l.size) {
		_, _ = l.Write([]byte{'\n'}) // a log that cannot be written is no reason not to start
	}
	return l, nil
}

// endsLine says whether a file ends with a line, or cannot be read.
func endsLine(path string, size int64) bool {
	file, err := os.Open(path)
	if err != nil {
		return true
	}
	defer file.Close()
	last := make([]byte, 1)
	_, err = file.ReadAt(last, size-1)
	return err != nil || last[0] == '\n'
}

// open opens the file in place of the one that was open before, if it can.
func (l *logFile) open() error {
	if err := os.MkdirAll(filepath.Dir(l.log.Path), 0o755); err != nil {
		return fmt.Errorf("make log folder: %w", err)
	}
	file, err := os.OpenFile(l.log.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close() // nothing was written
		return fmt.Errorf("stat log: %w", err)
	}
	if l.file != nil {
		_ = l.file.Close() // every write has told its own fault
	}
	l.file, l.size, l.seen = file, info.Size(), time.Now()
	return nil
}

// Write appends text and rotates where the limit is reached, if possible between two lines.
func (l *logFile) Write(text []byte) (int, error) {
	if err := l.find(); err != nil {
		return 0, err
	}
	written := 0
	for len(text) > 0 {
		if l.size >= l.log.Limit {
			if err := l.rotate(); err != nil {
				return written, err
			}
		}
		n, err := l.append(text[:l.fitting(text)])
		written, text = written+n, text[n:]
		if err != nil {
			return written, fmt.Errorf("write log: %w", err)
		}
		if len(text) > 0 {
			l.size = l.log.Limit // full, though the end of the line is short of the limit
		}
	}
	return written, nil
}

func (l *logFile) append(text []byte) (int, error) {
	n, err := l.file.Write(text)
	l.size += int64(n)
	if n > 0 {
		l.midLine = text[n-1] != '\n'
	}
	return n, err
}

// fitting is how much of text goes into the file: whole lines if any fit; nothing, if the file can end where it is.
func (l *logFile) fitting(text []byte) int {
	room := l.log.Limit - l.size
	if int64(len(text)) <= room {
		return len(text)
	}
	end := bytes.LastIndexByte(text[:room], '\n')
	if end < 0 && (l.size == 0 || l.midLine) {
		return int(room)
	}
	return end + 1
}

// find sees to it that text goes to the file of that name, also when somebody has removed, moved or emptied it.
func (l *logFile) find() error {
	if time.Since(l.seen) < presenceInterval {
		return nil
	}
	open, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("stat log: %w", err)
	}
	if there, err := os.Stat(l.log.Path); err != nil || !os.SameFile(open, there) {
		return l.open()
	}
	l.size, l.seen = min(l.size, open.Size()), time.Now()
	return nil
}

// rotate moves each file one place on; the oldest one is replaced. If it fails, the next text tries again.
func (l *logFile) rotate() error {
	if _, err := os.Stat(l.log.Path); err == nil { // or the new one could not be opened the last time
		if err := l.shift(); err != nil {
			return err
		}
	}
	return l.open()
}

func (l *logFile) shift() error {
	for place := l.log.Keep - 1; place > 0; place-- {
		if err := os.Rename(l.name(place-1), l.name(place)); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("rotate log: %w", err)
		}
	}
	if l.log.Keep > 1 {
		return nil
	}
	if err := os.Truncate(l.log.Path, 0); err != nil {
		return fmt.Errorf("empty log: %w", err)
	}
	return nil
}

func (l *logFile) name(place int) string {
	if place == 0 {
		return l.log.Path
	}
	return l.log.Path + "." + strconv.Itoa(place)
}

func (l *logFile) close() error { return l.file.Close() }
