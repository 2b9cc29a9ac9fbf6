package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/progress"
	"github.com/ringrift/orchestrator/internal/workload"
)

// workloadsFix is what to do where the starter does not see the workloads that the workers have.
const workloadsFix = "set WORKLOADS_DIR to the folder that the workers use"

// configurations are those that are known by their names.
type configurations struct {
	names []string
	// doubt is why there may be others; nil: these are all.
	doubt error
}

func (c *configurations) add(names []string, doubt error) {
	c.names = slices.Compact(slices.Sorted(slices.Values(append(c.names, names...))))
	c.doubt = errors.Join(c.doubt, doubt)
}

// missing are those of some names that are not known.
func (c *configurations) missing(wanted []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return slices.Contains(c.names, name) })
}

// checkConfigs refuses a name that no configuration has; field is where it was given. The workloads say which there are,
// and the ledger may know of some whose workload is gone. Where one of them cannot be asked, the name may be right: then
// that is told and nothing is refused.
func (a *app) checkConfigs(ctx context.Context, field string, wanted ...string) error {
	ctx, cancel := context.WithTimeout(ctx, askFleet)
	defer cancel()
	var known configurations
	known.add(offered(a.Config.WorkloadsDir))
	if len(known.missing(wanted)) == 0 {
		return nil
	}
	known.add(nil, a.withLedger(ctx, func(ctx context.Context, l *ledger.Ledger) error {
		recorded, err := progress.Configs(ctx, l)
		known.add(recorded, nil)
		return err
	}))
	missing := known.missing(wanted)
	switch {
	case len(missing) == 0:
		return nil
	case known.doubt != nil:
		fmt.Fprintf(a.Err, "note: nobody can tell whether there is a configuration %s; known are %s: %s\n",
			quoted(missing), names(known.names), strings.Join(strings.Fields(known.doubt.Error()), " "))
		return nil
	}
	return usagef("%s %s: there is no such configuration, neither in the ledger nor in the workloads in %s: use one of %s, or %s",
		field, quoted(missing), a.Config.WorkloadsDir, names(known.names), workloadsFix)
}

// checkFilter is checkConfigs for --config of a command that has found so many rows: what has rows is known.
func (a *app) checkFilter(ctx context.Context, rows int, config string) error {
	if rows > 0 || config == "" {
		return nil
	}
	return a.checkConfigs(ctx, "--config", config)
}

// offered are the configurations of the workloads in a folder. A workload that cannot be read may offer any.
func offered(dir string) (keys []string, doubt error) {
	loaded, faults := workload.LoadAll(dir)
	for _, one := range loaded {
		for _, config := range one.Manifest.Configs {
			keys = append(keys, config.Key)
		}
	}
	if len(keys) == 0 && len(faults) == 0 {
		return nil, fmt.Errorf("there is no workload in the folder %q: %s", dir, workloadsFix)
	}
	return keys, errors.Join(faults...)
}

func quoted(texts []string) string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = strconv.Quote(text)
	}
	return strings.Join(list, ", ")
}
