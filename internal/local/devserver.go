package local

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/ringrift/orchestrator/internal/spec"
)

// DevServer is one `temporal server start-dev`: where it listens and where it keeps its state.
type DevServer struct {
	Host string
	Port int
	// UIPort is the Web UI's port; zero runs the server without one.
	UIPort int
	// Database is the SQLite file; empty keeps everything in memory.
	Database  string
	Namespace string
	LogLevel  string
}

// Args returns the command line after the name of the `temporal` binary. One partition a task queue and
// SQLite's write-ahead log each make the start of the fleet two to three times faster. The server looks twenty times a
// second for tasks to hand on unless told otherwise, and has one shard: each task of a busy minute would wait for 50 ms.
func (d DevServer) Args() []string {
	args := []string{
		"server", "start-dev",
		"--ip", d.Host,
		"--port", strconv.Itoa(d.Port),
		"--namespace", d.Namespace,
		"--log-level", d.LogLevel,
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
		"--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000",
	}
	if d.UIPort == 0 {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", strconv.Itoa(d.UIPort))
	}
	if d.Database != "" {
		args = append(args, "--db-filename", d.Database,
			"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1")
	}
	attributes := spec.SearchAttributes()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		args = append(args, "--search-attribute", fmt.Sprintf("%s=%s", name, attributes[name]))
	}
	return args
}

// Environ returns the environment for the server: the given one, which wins, over GOGC=300. The server is
// bound by the processor; collecting garbage a third as often makes it about a seventh faster.
func (d DevServer) Environ(inherited []string) []string {
	return append([]string{"GOGC=300"}, inherited...)
}
