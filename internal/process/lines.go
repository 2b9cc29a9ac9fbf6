package process

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"time"
)

// finishTimeout is how long lines may still arrive when all processes are gone: only a descriptor that was
// handed to a stranger keeps a pipe open then.
const finishTimeout = time.Second

// lineReader delivers standard output as lines of bounded length.
type lineReader struct {
	pipe    *os.File
	redact  *redactor
	deliver func(Line)
	done    chan struct{}
}

func newLineReader(pipe *os.File, secrets []string, deliver func(Line)) *lineReader {
	return &lineReader{pipe: pipe, redact: newRedactor(secrets), deliver: deliver, done: make(chan struct{})}
}

// run reads until no process holds the other end of the pipe any more.
func (l *lineReader) run() {
	defer close(l.done)
	reader := bufio.NewReaderSize(l.pipe, MaxLine+1)
	for {
		text, err := reader.ReadSlice('\n')
		line := Line{Text: text}
		if errors.Is(err, bufio.ErrBufferFull) {
			line.Truncated = true
			line.Text = bytes.Clone(text[:MaxLine]) // the buffer is read over while the rest is skipped
			err = skipLine(reader)
		}
		if len(line.Text) > 0 {
			line.Text = l.redact.line(bytes.TrimSuffix(line.Text, []byte{'\n'}), line.Truncated)
			l.deliver(line)
		}
		if err != nil {
			return // the end, or finish has waited long enough
		}
	}
}

func skipLine(reader *bufio.Reader) error {
	for {
		_, err := reader.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// finish waits until the last line has been delivered and closes the pipe.
func (l *lineReader) finish() {
	_ = l.pipe.SetReadDeadline(time.Now().Add(finishTimeout)) // what was written is there already
	<-l.done
	_ = l.pipe.Close() // only read from: nothing can be lost
}

// file is the pipe; nil without a reader.
func (l *lineReader) file() *os.File {
	if l == nil {
		return nil
	}
	return l.pipe
}
