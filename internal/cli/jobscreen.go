package cli

import (
	"encoding/json"
	"fmt"
	"sync"
)

// jobLogReport is what `jobs logs -o json` prints.
type jobLogReport struct {
	JobID   string `json:"job_id"`
	Attempt int64  `json:"attempt"`
	// Lines are what the command told, each a document with its time; Errors is what it wrote to standard error.
	Lines  []json.RawMessage `json:"lines"`
	Errors []string          `json:"errors"`
}

// jobLogLine is what `jobs logs -f -o json` prints of each line: one of the two.
type jobLogLine struct {
	JobID   string          `json:"job_id"`
	Attempt int64           `json:"attempt"`
	Line    json.RawMessage `json:"line,omitempty"`
	Error   *string         `json:"error,omitempty"`
}

// jobScreen shows the two logs of an attempt: each for itself, or side by side as their lines come.
type jobScreen struct {
	app     *app
	id      string
	attempt int64
	live    bool

	mutex sync.Mutex
	kept  [2][][]byte // unless live: what was told, and standard error
	shown string      // the title of the last line
}

// write takes a line of standard error, or of what the command told.
func (s *jobScreen) write(faults bool, line []byte) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	kind := 0
	if faults {
		kind = 1
	}
	if !s.live {
		s.kept[kind] = append(s.kept[kind], line)
		return nil
	}
	if s.app.output == outputJSON {
		return s.writeDocument(faults, line)
	}
	if title := jobLogTitles[kind]; s.shown != title {
		s.writeTitle(title)
	}
	return s.writeLine(line)
}

// jobLogTitles are those of what was told and of standard error.
var jobLogTitles = [2]string{"told", "standard error"}

func (s *jobScreen) writeTitle(title string) {
	s.shown = title
	fmt.Fprintf(s.app.Out, "attempt %d, %s:\n", s.attempt, title)
}

func (s *jobScreen) writeLine(line []byte) error {
	if _, err := fmt.Fprintf(s.app.Out, "  %s\n", printable(line)); err != nil {
		return fmt.Errorf("write log line: %w", err)
	}
	return nil
}

func (s *jobScreen) writeDocument(faults bool, line []byte) error {
	document := jobLogLine{JobID: s.id, Attempt: s.attempt}
	switch text := string(line); {
	case faults:
		document.Error = &text
	case !json.Valid(line):
		return nil // the last one may not be whole
	default:
		document.Line = line
	}
	return writeJSON(s.app.Out, document, "")
}

// end shows what was kept.
func (s *jobScreen) end() error {
	switch {
	case s.live:
		return nil
	case s.app.output == outputJSON:
		return s.writeReport()
	}
	for kind, title := range jobLogTitles {
		s.writeTitle(title)
		for _, line := range s.kept[kind] {
			if err := s.writeLine(line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *jobScreen) writeReport() error {
	report := jobLogReport{JobID: s.id, Attempt: s.attempt, Lines: []json.RawMessage{}, Errors: []string{}}
	for _, line := range s.kept[0] {
		if json.Valid(line) { // the last one may not be whole
			report.Lines = append(report.Lines, line)
		}
	}
	for _, line := range s.kept[1] {
		report.Errors = append(report.Errors, string(line))
	}
	return writeJSON(s.app.Out, report, "  ")
}
