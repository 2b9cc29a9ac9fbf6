package run

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
)

// DescribeLimit is how long a workload may take to print its manifest.
const DescribeLimit = 10 * time.Second

// Describe runs every different command line of a workload with `describe`, in the folder dir, and checks
// that each prints the manifest of its folder in time.
func (r *Runner) Describe(ctx context.Context, w *workload.Workload, dir string) error {
	var faults []error
	for _, words := range w.DescribeLines() {
		if err := r.describe(ctx, w, words, dir); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", strings.Join(words, " "), err))
		}
	}
	return errors.Join(faults...)
}

func (r *Runner) describe(ctx context.Context, w *workload.Workload, words []string, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, DescribeLimit)
	defer cancel()
	var printed strings.Builder
	running, err := process.Start(ctx, process.Command{
		Name: "describe", Args: words, Dir: dir, Scope: r.options.Scope, Shim: r.options.Shim, Grace: time.Second,
		Env:    append([]string{"HOME=" + dir, "TMPDIR=" + dir, "LANG=C.UTF-8"}, r.options.Environment...),
		Limits: process.Limits{Processes: maxProcesses},
		OnLine: func(line process.Line) {
			if printed.Len() < workload.MaxManifestBytes {
				printed.Write(line.Text)
				printed.WriteByte('\n')
			}
		},
	})
	if err != nil {
		return err
	}
	if exit := running.Wait(); !exit.Success() {
		return fmt.Errorf("no manifest: %s", exit)
	}
	manifest, err := workload.ParseManifest([]byte(printed.String()))
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(manifest, w.Manifest) {
		return fmt.Errorf("prints another manifest than %s holds", workload.ManifestFile)
	}
	return nil
}
