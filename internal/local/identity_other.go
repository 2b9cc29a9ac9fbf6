//go:build !linux

package local

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// identify returns what tells the process from any later one with the same pid: its start time as ps prints
// it. It is empty for a process that is gone, or dead and only not reaped yet.
func identify(pid int) (string, error) {
	output, err := exec.Command("ps", "-o", "stat=,lstart=", "-p", strconv.Itoa(pid)).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read start time of pid %d: %w", pid, err)
	}
	state, started, _ := strings.Cut(strings.TrimSpace(string(output)), " ")
	if strings.HasPrefix(state, "Z") {
		return "", nil
	}
	return strings.TrimSpace(started), nil
}
