package workload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Verify proves from the files that an attempt has succeeded, which ended with code 0 or 31 and of which no
// process is left: the result is valid and its own, and every output is in the output folder and has the
// hash that the result says. The error is a *Violation if the command has broken the contract.
func (a *Attempt) Verify(ctx context.Context, code ExitCode) (*Result, error) {
	result, err := a.Result()
	if err != nil {
		return nil, err
	}
	if err := a.matches(result, code); err != nil {
		return nil, err
	}
	if err := CheckMetrics(a.Request.Command, result.Metrics); err != nil {
		return nil, Violated(RuleResultInvalid, "%v", err)
	}
	root, err := os.OpenRoot(a.Request.OutputDir)
	if err != nil {
		return nil, fmt.Errorf("verify job %s: %w", a.Request.JobID, err)
	}
	defer root.Close()
	for _, output := range result.Outputs {
		if err := verifyOutput(ctx, root, output); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// matches checks that the result is this attempt's, fits the exit code and has the command's outputs.
func (a *Attempt) matches(result *Result, code ExitCode) error {
	if result.JobID != a.Request.JobID || result.Attempt != a.Request.Attempt {
		return Violated(RuleResultForeign, "it is of job %s, attempt %d; this is job %s, attempt %d",
			result.JobID, result.Attempt, a.Request.JobID, a.Request.Attempt)
	}
	want := StatusOK
	if code == ExitDeadline {
		want = StatusPartial
	}
	if result.Status != want {
		return Violated(RuleResultStatus, "status %s with %s", result.Status, code)
	}
	if role, needed := OutputOf(a.Request.Command); needed {
		if _, err := result.Output(role); err != nil {
			return Violated(RuleOutputRole, "%s: %v", a.Request.Command, err)
		}
	}
	return nil
}

// OutputOf returns the role of the one file that each run of the command hands over.
func OutputOf(command Command) (role Role, needed bool) {
	switch command {
	case Init, Train, Distill:
		return RoleModel, true
	case Selfplay, Merge, Evaluate, Match:
		return RoleGames, true
	case Export, Combine:
		return RoleDataset, true
	}
	return "", false
}

// verifyOutput re-reads one output. The root refuses paths and links that lead out of the folder.
func verifyOutput(ctx context.Context, root *os.Root, output Output) error {
	name := filepath.FromSlash(output.Path)
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Violated(RuleOutputMissing, "%s is not there", output.Path)
	case err != nil:
		return Violated(RuleOutputEscape, "%s: %v", output.Path, err)
	case !info.Mode().IsRegular():
		return Violated(RuleOutputEscape, "%s is not a plain file", output.Path)
	case info.Size() != output.Bytes:
		return Violated(RuleOutputHash, "%s has %d bytes, the result says %d", output.Path, info.Size(), output.Bytes)
	}
	file, err := root.Open(name)
	if err != nil {
		return fmt.Errorf("verify output %s: %w", output.Path, err)
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, reading{ctx, file}); err != nil {
		return fmt.Errorf("verify output %s: %w", output.Path, err)
	}
	if hash := hex.EncodeToString(digest.Sum(nil)); hash != output.SHA256 {
		return Violated(RuleOutputHash, "%s has the hash %s, the result says %s", output.Path, hash, output.SHA256)
	}
	return nil
}

// reading ends a long read when its context does.
type reading struct {
	ctx  context.Context
	from io.Reader
}

func (r reading) Read(buffer []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.from.Read(buffer)
}
