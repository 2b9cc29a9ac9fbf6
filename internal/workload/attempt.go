package workload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LogFile is where an attempt's standard error is kept; when it is full, older parts have this name and a number.
const LogFile = "stderr.log"

// Attempt is the folder of one attempt, which is the command's working directory:
//
//	request.json    written before the command starts
//	out/            output_dir: outputs and checkpoints
//	tmp/            TMPDIR and HOME
//	result.json     written by the command, last of all
//	stderr.log      what it wrote to standard error, bounded
type Attempt struct {
	Dir string // absolute
	// Request is as it stands in the folder: with its output folder.
	Request Request
}

// NewAttempt makes the folder of an attempt, which must not be there yet, and writes the request into it.
func NewAttempt(dir string, request Request) (*Attempt, error) {
	a := &Attempt{Dir: dir, Request: request}
	a.Request.OutputDir = a.path("out")
	if err := a.Request.Check(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(a.Request, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the request of job %s: %w", request.JobID, err)
	}
	for _, folder := range []string{dir, a.Request.OutputDir, a.Temporary()} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return nil, fmt.Errorf("make the attempt folder of job %s: %w", request.JobID, err)
		}
	}
	if err := os.WriteFile(a.RequestPath(), append(text, '\n'), 0o444); err != nil {
		return nil, fmt.Errorf("write the request of job %s: %w", request.JobID, err)
	}
	return a, nil
}

// OpenAttempt finds an attempt again, for example after the process that watched it has died.
func OpenAttempt(dir string) (*Attempt, error) {
	a := &Attempt{Dir: dir}
	text, err := ReadBounded(a.RequestPath(), MaxRequestBytes)
	if err != nil {
		return nil, fmt.Errorf("open the attempt %s: %w", dir, err)
	}
	request, err := ParseRequest(text)
	if err != nil {
		return nil, fmt.Errorf("open the attempt %s: %w", dir, err)
	}
	a.Request = *request
	return a, nil
}

func (a *Attempt) path(name string) string { return filepath.Join(a.Dir, name) }

// RequestPath is where the request is.
func (a *Attempt) RequestPath() string { return a.path(RequestFile) }

// ResultPath is where the result appears.
func (a *Attempt) ResultPath() string { return a.path(ResultFile) }

// Temporary is the folder for the command's temporary files.
func (a *Attempt) Temporary() string { return a.path("tmp") }

// LogPath is where standard error is kept.
func (a *Attempt) LogPath() string { return a.path(LogFile) }

// OutputPath is where an output of a verified result is.
func (a *Attempt) OutputPath(output Output) string {
	return filepath.Join(a.Request.OutputDir, filepath.FromSlash(output.Path))
}

// Result reads the result. The error is a *Violation if the command has broken the contract.
func (a *Attempt) Result() (*Result, error) {
	info, err := os.Lstat(a.ResultPath())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, Violated(RuleResultMissing, "no %s", ResultFile)
	case err != nil:
		return nil, fmt.Errorf("read the result of job %s: %w", a.Request.JobID, err)
	case !info.Mode().IsRegular():
		return nil, Violated(RuleResultInvalid, "%s is not a plain file", ResultFile)
	case info.Size() > MaxResultBytes:
		return nil, Violated(RuleResultInvalid, "%s is larger than %d bytes", ResultFile, MaxResultBytes)
	}
	text, err := ReadBounded(a.ResultPath(), MaxResultBytes)
	if err != nil {
		return nil, fmt.Errorf("read the result of job %s: %w", a.Request.JobID, err)
	}
	result, err := ParseResult(text)
	if err != nil {
		return nil, Violated(RuleResultInvalid, "%v", err)
	}
	return result, nil
}
