package check

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/ringrift/orchestrator/internal/workload"
)

// artefacts are the files that rules share. Each is made once, by the workload, when first asked for.
type artefacts struct {
	mutex  sync.Mutex
	made   map[string]*making
	hashes map[string]string // of the files in the inputs folder, by name
}

// making is one run whose outputs are shared.
type making struct {
	once    sync.Once
	outcome *outcome
	err     error
}

// hashOf returns the hash that a file of the inputs folder should have; empty if it should not be there.
func (a *artefacts) hashOf(name string) string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.hashes[name]
}

// keep copies a file into the inputs folder and returns it as an input.
func (k *kit) keep(name string, role workload.Role, path string) (workload.Input, error) {
	hash, _, err := workload.HashFile(path)
	if err != nil {
		return workload.Input{}, err
	}
	kept := hash[:16] + filepath.Ext(path)
	input := workload.Input{Name: name, Role: role, Path: filepath.Join(k.inputsFolder(), kept), SHA256: hash}
	a := &k.artefacts
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.hashes[kept] != "" {
		return input, nil
	}
	if err := copyFile(path, input.Path); err != nil {
		return workload.Input{}, err
	}
	if a.hashes == nil {
		a.hashes = map[string]string{}
	}
	a.hashes[kept] = hash
	return input, nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		_ = target.Close() // the first error counts
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return target.Close()
}

// made returns the outcome of the shared run with the name; the first caller runs it.
func (k *kit) made(ctx context.Context, name string, prepare func() (spec, error)) (*outcome, error) {
	a := &k.artefacts
	a.mutex.Lock()
	if a.made == nil {
		a.made = map[string]*making{}
	}
	m := a.made[name]
	if m == nil {
		m = &making{}
		a.made[name] = m
	}
	a.mutex.Unlock()
	m.once.Do(func() {
		s, err := prepare()
		if err == nil {
			m.outcome, err = k.succeed(ctx, s)
		}
		m.err = err
	})
	return m.outcome, m.err
}

// output returns an output of a run as an input of the next. An error blocks the rule that asks.
func (k *kit) output(o *outcome, err error, role workload.Role, name string) (workload.Input, error) {
	if err != nil {
		return workload.Input{}, blocked(err)
	}
	output, err := o.Result.Output(role)
	if err != nil {
		return workload.Input{}, blocked(err)
	}
	return k.keep(name, role, o.attempt.OutputPath(output))
}
