package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
)

// observe notes what a run has broken.
func (k *kit) observe(o *outcome, order fileOrder) {
	for _, flag := range o.Flags {
		k.note(flag.Rule, "%s: %s", o.attempt.Request.Command, flag.Detail)
	}
	if violation := o.Ending.Violation; violation != nil {
		k.note(violation.Rule, "%s: %s", o.attempt.Request.Command, violation.Detail)
	}
	if order.inPlace {
		k.note(RuleResultAtomic, "%s wrote %s in place", o.attempt.Request.Command, workload.ResultFile)
	}
	if len(order.later) > 0 {
		k.note(RuleResultLast, "%s wrote %s after %s", o.attempt.Request.Command, order.later[0], workload.ResultFile)
	}
}

// note records the first breach of a rule.
func (k *kit) note(rule workload.Rule, format string, arguments ...any) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.breaches[rule] == "" {
		k.breaches[rule] = fmt.Sprintf(format, arguments...)
	}
}

// observed returns the first breach of a rule.
func (k *kit) observed(rule workload.Rule) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if breach := k.breaches[rule]; breach != "" {
		return fmt.Errorf("%s", breach)
	}
	return nil
}

// checkPlaces looks for what the runs have written where they must not: beside their attempt folders, beside
// or into their inputs, into the workload's own folder.
func (k *kit) checkPlaces() error {
	runs, err := os.ReadDir(k.runsFolder())
	if err != nil {
		return err
	}
	for _, entry := range runs {
		if !entry.IsDir() || !isRun(entry.Name()) {
			k.note(RuleConfinement, "%s appeared beside the runs", entry.Name())
			continue
		}
		if err := k.checkAlone(filepath.Join(k.runsFolder(), entry.Name())); err != nil {
			return err
		}
	}
	if err := k.checkInputs(); err != nil {
		return err
	}
	hash, err := workload.HashFolder(k.workload.Dir)
	if err != nil {
		return err
	}
	if hash != k.workload.Hash {
		k.note(RuleConfinement, "the workload's own folder has changed")
	}
	return nil
}

// isRun says whether a name is that of a run's folder.
func isRun(name string) bool {
	_, command, found := strings.Cut(name, "-")
	return found && workload.Command(command).Known()
}

// checkAlone looks for what has appeared beside an attempt's folder.
func (k *kit) checkAlone(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() != attemptFolder {
			k.note(RuleConfinement, "%s appeared beside the attempt folder of %s", entry.Name(), filepath.Base(parent))
		}
	}
	return nil
}

// checkInputs looks for inputs that were changed, and for files that appeared beside them.
func (k *kit) checkInputs() error {
	entries, err := os.ReadDir(k.inputsFolder())
	if err != nil {
		return err
	}
	for _, entry := range entries {
		want := k.artefacts.hashOf(entry.Name())
		if want == "" {
			k.note(RuleConfinement, "%s appeared beside the inputs", entry.Name())
			continue
		}
		hash, _, err := workload.HashFile(filepath.Join(k.inputsFolder(), entry.Name()))
		if err != nil {
			return err
		}
		if hash != want {
			k.note(RuleConfinement, "the input %s was changed", entry.Name())
		}
	}
	return nil
}
