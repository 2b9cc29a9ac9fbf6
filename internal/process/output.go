package process

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

const (
	pumpSize   = 16 << 10
	timeLayout = "2006-01-02T15:04:05.000Z07:00 "
)

// output is the shim's pump from a pipe to the log. A log that cannot be written never stops the command:
// what does not fit is dropped and counted.
type output struct {
	log        *logFile // nil if the output is discarded
	redact     *redactor
	ready      *readiness
	timestamps bool
	midLine    bool
	dropped    int64
	fault      error
	done       chan struct{}
}

// newOutput opens the log; one without a path discards.
func newOutput(log Log, secrets []string, ready *readiness) (*output, error) {
	o := &output{redact: newRedactor(secrets), ready: ready, timestamps: log.Timestamps, done: make(chan struct{})}
	if log.Path == "" {
		return o, nil
	}
	file, err := openLog(log)
	o.log = file
	return o, err
}

// run pumps until no process holds the other end any more.
func (o *output) run(pipe *os.File) {
	defer close(o.done)
	buffer := make([]byte, pumpSize)
	for {
		n, err := pipe.Read(buffer)
		o.ready.scan(buffer[:n])
		o.write(o.redact.next(buffer[:n]))
		if err != nil {
			break // the end, or finish has waited long enough
		}
	}
	o.write(o.redact.last())
	if o.log != nil && o.fault == nil {
		o.fault = o.log.close()
	}
}

func (o *output) write(text []byte) {
	if o.log == nil || len(text) == 0 {
		return
	}
	if o.timestamps {
		text = o.stamp(text)
	}
	n, err := o.log.Write(text)
	if err != nil {
		o.dropped += int64(len(text) - n)
		o.fault = err
	}
}

// stamp puts the time before each line that begins in text.
func (o *output) stamp(text []byte) []byte {
	now := time.Now().UTC().AppendFormat(nil, timeLayout)
	stamped := make([]byte, 0, len(text)+len(now))
	for line := range bytes.Lines(text) {
		if !o.midLine {
			stamped = append(stamped, now...)
		}
		stamped = append(stamped, line...)
		o.midLine = line[len(line)-1] != '\n'
	}
	return stamped
}

// finish waits for the last output and says why some is missing; empty if none is.
func (o *output) finish(pipe *os.File) string {
	_ = pipe.SetReadDeadline(time.Now().Add(finishTimeout)) // what was written is there already
	<-o.done
	_ = pipe.Close() // only read from: nothing can be lost
	if o.fault == nil {
		return ""
	}
	return fmt.Sprintf("%d bytes dropped, last because: %s", o.dropped, o.fault)
}
