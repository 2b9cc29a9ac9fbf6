//go:build !linux

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

var errNotSupported = errors.New("commands run on Linux only: other systems have no reaper of orphans")

// Start is not supported here.
func Start(context.Context, Command) (*Process, error) { return nil, errNotSupported }

// Ask is not supported here.
func Ask(context.Context, Command) error { return errNotSupported }

// Sweep is not supported here: nothing was started that could be left.
func Sweep(context.Context, string, time.Duration) (int, error) { return 0, nil }

// ShimMain is not supported here.
func ShimMain() int {
	fmt.Fprintln(os.Stderr, "shim:", errNotSupported)
	return 2
}

func usableProcessors() ([]int, error) { return nil, errNotSupported }
