package check

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ringrift/orchestrator/internal/workload"
)

// folderWatch notes in which order files appear in an attempt's folder and its output folder.
type folderWatch struct {
	file    *os.File
	dir     string // the attempt's folder
	attempt int32  // the watch on it
	done    chan struct{}

	// Valid once done is closed.
	seen fileOrder
	last bool // everything that had happened before order was called has been seen
}

// fileOrder is what a watch has seen.
type fileOrder struct {
	written bool     // the result has got its name
	inPlace bool     // the result was written under its final name
	later   []string // files written after the result
}

// endMark is a folder whose appearance tells the watch that it has seen everything before it.
const endMark = ".watched"

// watchFolder watches an attempt's folder, which is there already.
func watchFolder(attempt *workload.Attempt) (*folderWatch, error) {
	descriptor, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch the attempt folder: %w", err)
	}
	w := &folderWatch{file: os.NewFile(uintptr(descriptor), "inotify"), dir: attempt.Dir, done: make(chan struct{})}
	for _, folder := range []string{attempt.Request.OutputDir, attempt.Dir} {
		watch, err := unix.InotifyAddWatch(descriptor, folder, unix.IN_CREATE|unix.IN_MODIFY|unix.IN_MOVED_TO)
		if err != nil {
			_ = w.file.Close() // the first error counts
			return nil, fmt.Errorf("watch %s: %w", folder, err)
		}
		w.attempt = int32(watch)
	}
	go w.read()
	return w, nil
}

// order ends the watch and returns what it has seen; the command has ended.
func (w *folderWatch) order() (fileOrder, error) {
	defer w.file.Close()
	if err := os.Mkdir(filepath.Join(w.dir, endMark), 0o755); err != nil {
		return fileOrder{}, fmt.Errorf("end the watch: %w", err)
	}
	if err := w.file.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return fileOrder{}, fmt.Errorf("end the watch: %w", err)
	}
	<-w.done
	if !w.last {
		return fileOrder{}, fmt.Errorf("watch %s: events were lost", w.dir)
	}
	return w.seen, nil
}

// read takes events until the end mark appears.
func (w *folderWatch) read() {
	defer close(w.done)
	buffer := make([]byte, 64<<10)
	for !w.last {
		count, err := w.file.Read(buffer)
		if err != nil {
			return
		}
		for rest := buffer[:count]; len(rest) >= unix.SizeofInotifyEvent; {
			watch, mask := int32(binary.NativeEndian.Uint32(rest)), binary.NativeEndian.Uint32(rest[4:])
			end := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(rest[12:]))
			w.note(watch == w.attempt, mask, string(bytes.TrimRight(rest[unix.SizeofInotifyEvent:end], "\x00")))
			rest = rest[end:]
		}
	}
}

func (w *folderWatch) note(inAttempt bool, mask uint32, name string) {
	switch {
	case inAttempt && name == endMark:
		w.last = true
	case inAttempt && strings.HasPrefix(name, workload.LogFile):
		// Standard error: it is not the command that writes it.
	case inAttempt && name == workload.ResultFile:
		w.seen.written = true
		w.seen.inPlace = w.seen.inPlace || mask&unix.IN_MOVED_TO == 0
	case w.seen.written && name != "":
		w.seen.later = append(w.seen.later, name)
	}
}
