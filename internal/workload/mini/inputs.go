package main

import (
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// input returns the path of an input that a param names, once its contents have the hash that they should have.
func input(task *adapter.Task, field, name string, roles ...workload.Role) (string, error) {
	path, err := task.Input(field, name, roles...)
	if err != nil {
		return "", err
	}
	declared, err := task.Request.Input(name)
	if err != nil {
		return "", err
	}
	return path, matches(fmt.Sprintf("input %q", name), path, declared.SHA256)
}

// matches compares a file with the hash that it should have.
func matches(what, path, hash string) error {
	found, size, err := workload.HashFile(path)
	if err != nil {
		return err
	}
	if found != hash {
		return adapter.Fail(workload.ExitBadInput, fmt.Errorf("%s: %d bytes with the hash %.16s, not %.16s: cut short, damaged or replaced", what, size, found, hash))
	}
	return nil
}

// loadModel reads a model and returns it with its identity.
func loadModel(task *adapter.Task, rules *game.Rules, field, name string) (m *model.Model, hash string, err error) {
	path, err := input(task, field, name, workload.RoleModel)
	if err != nil {
		return nil, "", err
	}
	data, err := workload.ReadBounded(path, model.MaxBytes)
	if err == nil {
		m, err = model.Decode(data)
	}
	if err == nil && m.ConfigKey != rules.Key {
		err = fmt.Errorf("the model is for %s, not for %s", m.ConfigKey, rules.Key)
	}
	if err != nil {
		return nil, "", adapter.Fail(workload.ExitBadInput, fmt.Errorf("input %q: %w", name, err))
	}
	declared, err := task.Request.Input(name)
	return m, declared.SHA256, err
}

// maxIDBytes bounds a file of known ids.
const maxIDBytes = 256 << 20

// loadIDs reads a file of known ids, one a line. Without a name there are none.
func loadIDs(task *adapter.Task, field, name string) (map[string]bool, error) {
	ids := map[string]bool{}
	if name == "" {
		return ids, nil
	}
	path, err := input(task, field, name, workload.RoleKnownIDs)
	if err != nil {
		return nil, err
	}
	data, err := workload.ReadBounded(path, maxIDBytes)
	if err != nil {
		return nil, adapter.Fail(workload.ExitBadInput, fmt.Errorf("input %q: %w", name, err))
	}
	for line := range strings.Lines(string(data)) {
		ids[strings.TrimSpace(line)] = true
	}
	return ids, nil
}
