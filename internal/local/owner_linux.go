package local

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const tcpListen = "0A"

// listenerOf names the process that listens on a port, as "pid 12 (nginx -g …)"; empty if the kernel does
// not tell us, as with another user's process.
func listenerOf(port int) string {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table) // no table, no listener
		for _, line := range strings.Split(string(text), "\n") {
			fields := strings.Fields(line)
			if len(fields) > 9 && fields[3] == tcpListen && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+fields[9]+"]"] = true
			}
		}
	}
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is valid
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err == nil && sockets[target] {
			return describeProcess(strings.Split(descriptor, "/")[2])
		}
	}
	return ""
}

func describeProcess(pid string) string {
	const enough = 60
	line, _ := os.ReadFile("/proc/" + pid + "/cmdline") // a process that has just gone has no name
	words := strings.TrimSpace(string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
	if len(words) > enough {
		words = words[:enough] + "…"
	}
	return fmt.Sprintf("pid %s (%s)", pid, words)
}
