package process

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

const (
	// ShimArgument is the first argument of an executable that is to be the shim.
	ShimArgument = "shim"

	protocolVersion = 2
	maxMessage      = 1 << 20
)

// order is what the worker tells the shim, one JSON object a line; the first one is start.
type order struct {
	Start *startOrder `json:"start,omitempty"`
	Stop  *stopOrder  `json:"stop,omitempty"`
	Beat  bool        `json:"beat,omitempty"`
}

type startOrder struct {
	Version    int            `json:"version"`
	Name       string         `json:"name"`
	Marker     string         `json:"marker"`
	Path       string         `json:"path"`
	Args       []string       `json:"args"`
	Dir        string         `json:"dir"`
	Env        []string       `json:"env"`
	Lines      bool           `json:"lines"` // standard output is the pipe that came with the socket
	Log        Log            `json:"log"`
	Secrets    []string       `json:"secrets,omitempty"`
	Limits     Limits         `json:"limits"`
	Ready      Ready          `json:"ready"`
	Account    *account       `json:"account,omitempty"` // nil: as the worker
	StopSignal syscall.Signal `json:"stop_signal"`
	Grace      time.Duration  `json:"grace"`
	Silence    time.Duration  `json:"silence"`
}

type stopOrder struct {
	Grace  time.Duration `json:"grace"`
	Detail string        `json:"detail,omitempty"`
}

// report is what the shim tells the worker. The first one has started or fault, the last one exit or fault.
type report struct {
	Started *started `json:"started,omitempty"`
	Fault   string   `json:"fault,omitempty"` // the command was not started
	Ready   bool     `json:"ready,omitempty"` // once at most
	Exit    *Exit    `json:"exit,omitempty"`
	Beat    bool     `json:"beat,omitempty"`
}

type started struct {
	PID int       `json:"pid"`
	At  time.Time `json:"at"`
}

func send(to io.Writer, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	if len(text) >= maxMessage {
		return fmt.Errorf("the message has %d bytes, at most %d are allowed: shorten arguments or environment", len(text), maxMessage)
	}
	_, err = to.Write(append(text, '\n'))
	return err
}

// receiver reads bounded messages from one end of the socket.
type receiver struct{ scanner *bufio.Scanner }

func newReceiver(from io.Reader) receiver {
	scanner := bufio.NewScanner(from)
	scanner.Buffer(make([]byte, 0, 1<<10), maxMessage)
	return receiver{scanner}
}

// next reads one message; the error is io.EOF when the other side has closed.
func (r receiver) next(message any) error {
	if !r.scanner.Scan() {
		return errors.Join(r.scanner.Err(), io.EOF)
	}
	return json.Unmarshal(r.scanner.Bytes(), message)
}
