package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// logFile is a file that is rotated when it has grown to its limit. It belongs to one goroutine.
type logFile struct {
	log  Log
	file *os.File
	size int64
}

func openLog(log Log) (*logFile, error) {
	if err := os.MkdirAll(filepath.Dir(log.Path), 0o755); err != nil {
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	l := &logFile{log: log}
	return l, l.open()
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.log.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("stat log: %w", err)
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write appends text and rotates where the limit is reached, if possible between two lines.
func (l *logFile) Write(text []byte) (int, error) {
	written := 0
	for len(text) > 0 {
		if l.size >= l.log.Limit {
			if err := l.rotate(); err != nil {
				return written, err
			}
		}
		part := text[:fitting(text, l.log.Limit-l.size)]
		n, err := l.file.Write(part)
		l.size, written, text = l.size+int64(n), written+n, text[n:]
		if err != nil {
			return written, fmt.Errorf("write log: %w", err)
		}
		if len(text) > 0 {
			l.size = l.log.Limit // full, though the end of the line is short of the limit
		}
	}
	return written, nil
}

// fitting is how much of text goes into a file with that much room: whole lines if any fit.
func fitting(text []byte, room int64) int {
	if int64(len(text)) <= room {
		return len(text)
	}
	for end := room; end > 0; end-- {
		if text[end-1] == '\n' {
			return int(end)
		}
	}
	return int(room)
}

// rotate moves each file one place on; the oldest one is replaced.
func (l *logFile) rotate() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("close log: %w", err)
	}
	for place := l.log.Keep - 1; place > 0; place-- {
		if err := os.Rename(l.name(place-1), l.name(place)); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("rotate log: %w", err)
		}
	}
	if l.log.Keep == 1 {
		if err := os.Truncate(l.log.Path, 0); err != nil {
			return fmt.Errorf("empty log: %w", err)
		}
	}
	return l.open()
}

func (l *logFile) name(place int) string {
	if place == 0 {
		return l.log.Path
	}
	return l.log.Path + "." + strconv.Itoa(place)
}

func (l *logFile) close() error { return l.file.Close() }
