package process

import (
	"fmt"
	"os"
)

// streams are the command's descriptors and the ends of them that the shim reads.
type streams struct {
	command []*os.File // by number; nil where the command has none
	output  *os.File
	ready   *os.File // nil without Ready.Descriptor
}

// openStreams opens what the order asks for. What is open after an error goes with the shim.
func openStreams(order startOrder) (s streams, err error) {
	stdin, err := os.Open(os.DevNull)
	if err != nil {
		return s, err
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return s, fmt.Errorf("make the pipe for output: %w", err)
	}
	s.output, s.command = reader, []*os.File{stdin, writer, writer}
	if order.Lines {
		s.command[1] = os.NewFile(linesDescriptor, "lines")
	}
	if number := order.Ready.Descriptor; number > 0 {
		s.command = append(s.command, make([]*os.File, number+1-len(s.command))...)
		if s.ready, s.command[number], err = os.Pipe(); err != nil {
			return s, fmt.Errorf("make the pipe for Ready.Descriptor: %w", err)
		}
	}
	return s, s.give(order.Account)
}

// give lets another user open the pipes anew, as programs do that are told to write to /dev/stdout.
func (s streams) give(to *account) error {
	if to == nil {
		return nil
	}
	for _, file := range s.command[1:] {
		if file == nil {
			continue
		}
		if err := file.Chown(int(to.UID), int(to.GID)); err != nil {
			return fmt.Errorf("give a pipe to User: %w", err)
		}
	}
	return nil
}

// descriptors are the command's, as the kernel's fork wants them.
func (s streams) descriptors() []uintptr {
	numbers := make([]uintptr, len(s.command))
	for i, file := range s.command {
		if numbers[i] = ^uintptr(0); file != nil {
			numbers[i] = file.Fd()
		}
	}
	return numbers
}

// handOver closes the command's ends, so that the others see when the last process has closed its own.
func (s streams) handOver() {
	for _, file := range s.command {
		if file != nil {
			_ = file.Close() // the command has its own copies; a second close does nothing
		}
	}
}
