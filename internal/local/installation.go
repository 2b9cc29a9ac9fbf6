package local

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Installation is what runs on one machine out of one data folder.
type Installation struct {
	config Config
	server service
	worker service
	// answers is how long a server that runs may be too busy to answer.
	answers time.Duration
	out     io.Writer
}

// New makes an installation that tells the operator on out what it does. It touches nothing yet.
func New(config Config, out io.Writer) (*Installation, error) {
	config, err := config.resolved()
	if err != nil {
		return nil, settingError{err}
	}
	return &Installation{
		config:  config,
		server:  newService(config.DataDir, "temporal", config.TemporalAddress, 15*time.Second),
		worker:  newService(config.DataDir, "worker", config.HealthAddr, workerGrace),
		answers: answerPatience, out: out,
	}, nil
}

func newService(dataDir, name, address string, grace time.Duration) service {
	return service{
		name:    name,
		record:  filepath.Join(dataDir, "run", name+".json"),
		log:     filepath.Join(dataDir, "logs", name+".log"),
		grace:   grace,
		address: address,
	}
}

// prepare makes the folders, so that one that cannot be written is noticed before anything runs.
func (i *Installation) prepare() error {
	for _, name := range []string{"run", "logs", "temporal"} {
		if err := os.MkdirAll(filepath.Join(i.config.DataDir, name), 0o750); err != nil {
			return fmt.Errorf("make data folder: %w; choose a folder that you may write with DATA_DIR", err)
		}
	}
	probe := filepath.Join(i.config.DataDir, "run", ".writable")
	if err := writeFile(probe, nil); err != nil {
		return fmt.Errorf("data folder: %w; choose a folder that you may write with DATA_DIR", err)
	}
	return os.Remove(probe)
}

// lock keeps two commands from working on the same installation at once.
func (i *Installation) lock() (unlock func(), err error) {
	file := flock.New(filepath.Join(i.config.DataDir, "run", "lock"))
	locked, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", i.config.DataDir, err)
	}
	if !locked {
		return nil, fmt.Errorf("another `make up` or `make down` is at work on %s; wait until it is done", i.config.DataDir)
	}
	return func() { _ = file.Unlock() }, nil // ending the process releases it too
}

// binary returns the path of one of our own programs.
func (i *Installation) binary(name string) (string, error) {
	path := filepath.Join(i.config.BinDir, name)
	if err := checkExecutable(path); err != nil {
		return "", fmt.Errorf("find %s: %w; build it with: make build", name, err)
	}
	return path, nil
}

// environment is what our programs are given: the operator's own, with every setting of this installation
// made explicit, so that server, worker and starter cannot disagree on a default.
func (i *Installation) environment(inherited []string) []string {
	own := append([]string{"DATA_DIR=" + i.config.DataDir}, i.config.settings().variables()...)
	if !i.config.ownServer() {
		return append(inherited, own...)
	}
	// The dev server speaks plain text: a profile or key for another server would keep the worker out.
	inherited = slices.DeleteFunc(inherited, func(variable string) bool {
		return strings.HasPrefix(variable, "TEMPORAL_TLS") || strings.HasPrefix(variable, "TEMPORAL_API_KEY") ||
			strings.HasPrefix(variable, "TEMPORAL_PROFILE") || strings.HasPrefix(variable, "TEMPORAL_CONFIG_FILE")
	})
	return append(append(inherited, own...), "TEMPORAL_CONFIG_FILE="+os.DevNull)
}

func (i *Installation) say(format string, values ...any) {
	fmt.Fprintf(i.out, format+"\n", values...)
}

// command prepares one of our own programs with this installation's environment.
func (i *Installation) command(path string, arguments ...string) *exec.Cmd {
	command := exec.Command(path, arguments...)
	command.Env = i.environment(command.Environ())
	return command
}

// relative shortens a path for the operator's eyes when it lies below the current folder.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || strings.HasPrefix(short, "..") {
		return path
	}
	return short
}
