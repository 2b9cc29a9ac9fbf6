package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	defaultGrace    = 30 * time.Second
	defaultBeat     = time.Second
	defaultSilence  = 15 * time.Second
	defaultLogLimit = 5 << 20
	defaultLogKeep  = 2
	minLogLimit     = 4 << 10
	maxLogKeep      = 100
	minDescriptor   = 3
	maxDescriptor   = 64
)

// withDefaults fills what was left open.
func (c Command) withDefaults() Command {
	fill(&c.StopSignal, syscall.SIGTERM)
	fill(&c.Grace, defaultGrace)
	fill(&c.Beat, defaultBeat)
	fill(&c.Silence, defaultSilence)
	fill(&c.Log.Limit, defaultLogLimit)
	fill(&c.Log.Keep, defaultLogKeep)
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check names every fault of a command with its defaults at once.
func (c Command) check() error {
	var faults []error
	demand := func(holds bool, format string, values ...any) {
		if !holds {
			faults = append(faults, fmt.Errorf(format, values...))
		}
	}
	name := regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)
	demand(name.MatchString(c.Name), "Name %q: use 1 to 64 letters, digits and ._@-", c.Name)
	demand(len(c.Args) > 0 && c.Args[0] != "", "Args: name the program")
	demand(c.Scope != "" && !strings.ContainsAny(c.Scope, ".=\x00"), "Scope %q: use what Scope returns", c.Scope)
	demand(filepath.IsAbs(c.Dir), "Dir %q: use an absolute path", c.Dir)
	for _, text := range append(c.Args[:len(c.Args):len(c.Args)], c.Env...) {
		demand(!strings.Contains(text, "\x00"), "Args and Env: remove the zero byte")
	}
	for _, entry := range c.Env {
		key, _, found := strings.Cut(entry, "=")
		demand(found && key != "", "Env: write every entry as KEY=value (one has no key or no =)")
		demand(key != markerVariable && key != shimVariable, "Env: remove %s, it is set here", key)
	}
	demand(c.Log.Path == "" || filepath.IsAbs(c.Log.Path), "Log.Path %q: use an absolute path", c.Log.Path)
	demand(c.Log.Limit >= minLogLimit, "Log.Limit %d: use at least %d bytes", c.Log.Limit, minLogLimit)
	demand(c.Log.Keep >= 1 && c.Log.Keep <= maxLogKeep, "Log.Keep %d: use 1 to %d files", c.Log.Keep, maxLogKeep)
	demand(c.Grace > 0, "Grace %s: use a positive time", c.Grace)
	demand(c.Beat >= time.Millisecond, "Beat %s: use at least 1ms", c.Beat)
	demand(c.Silence >= 2*c.Beat, "Silence %s: use at least two beats (%s)", c.Silence, 2*c.Beat)
	demand(c.StopSignal > 0 && c.StopSignal < 65, "StopSignal %d: use a signal from 1 to 64", c.StopSignal)
	faults = append(faults, c.Limits.check(), c.Ready.check())
	return errors.Join(faults...)
}

func (l Limits) check() error {
	var faults []error
	if l.Memory < 0 || l.Processes < 0 {
		faults = append(faults, errors.New("Limits: use 0 (none) or a positive number"))
	}
	if len(l.Processors) > 0 && slices.Min(l.Processors) < 0 {
		faults = append(faults, fmt.Errorf("Limits.Processors %v: number them from 0", l.Processors))
	}
	if l.Nice < 0 || l.Nice > 19 {
		faults = append(faults, fmt.Errorf("Limits.Nice %d: use 0 to 19", l.Nice))
	}
	return errors.Join(faults...)
}

func (r Ready) check() error {
	if r.Line != "" && r.Descriptor != 0 {
		return errors.New("Ready: use Line or Descriptor, not both")
	}
	if _, err := regexp.Compile(r.Line); err != nil {
		return fmt.Errorf("Ready.Line %q: use a regular expression of RE2: %w", r.Line, err)
	}
	if r.Descriptor != 0 && (r.Descriptor < minDescriptor || r.Descriptor > maxDescriptor) {
		return fmt.Errorf("Ready.Descriptor %d: use %d to %d (those below are the standard streams)", r.Descriptor, minDescriptor, maxDescriptor)
	}
	return nil
}

// find returns the path of the program, which must be there and executable, as must the working directory.
func (c Command) find() (string, error) {
	if info, err := os.Stat(c.Dir); err != nil {
		return "", fmt.Errorf("working directory: %w", err)
	} else if !info.IsDir() {
		return "", fmt.Errorf("working directory %s: it is not a directory", c.Dir)
	}
	program := c.Args[0]
	if !strings.Contains(program, "/") {
		return c.findInPath(program)
	}
	if !filepath.IsAbs(program) {
		program = filepath.Join(c.Dir, program)
	}
	return program, executable(program)
}

func (c Command) findInPath(program string) (string, error) {
	var search string
	for _, entry := range c.Env {
		if value, found := strings.CutPrefix(entry, "PATH="); found {
			search = value // the last one counts, as for the kernel's users
		}
	}
	for _, folder := range filepath.SplitList(search) {
		if path := filepath.Join(folder, program); filepath.IsAbs(path) && executable(path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("program %s: not found in the PATH of Env (%q); give a path", program, search)
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("program %s: no such file", path)
	case err != nil:
		return fmt.Errorf("program: %w", err)
	case info.IsDir():
		return fmt.Errorf("program %s: it is a directory", path)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("program %s: not executable; chmod +x it", path)
	}
	return nil
}
