package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/workload/adapter"
)

// createFile makes a file of any length that appears whole or not at all.
func createFile(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(file), file.Sync(), file.Close())
	if err == nil {
		err = adapter.Publish(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("create %s: %w", path, err), os.Remove(file.Name()))
	}
	return nil
}
