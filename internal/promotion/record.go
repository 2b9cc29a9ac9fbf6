package promotion

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// Record is a decision as it is stored: what it was taken from, and what it was.
type Record struct {
	Policy   Policy   `json:"policy"`
	Evidence Evidence `json:"evidence"`
	Verdict  Verdict  `json:"verdict"`
}

// NewRecord judges a candidate and keeps what it was judged by.
func NewRecord(evidence Evidence, policy Policy) Record {
	return Record{policy, evidence, Judge(evidence, policy)}
}

// DecodeRecord reads a stored decision and refuses fields it does not know, and anything after it.
func DecodeRecord(document []byte) (record Record, err error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&record); err != nil {
		return record, fmt.Errorf("read decision: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return record, errors.New("read decision: more follows after it")
	}
	return record, nil
}

// Replay judges the evidence again and returns an error that names the first difference to the stored verdict.
func (r Record) Replay() error {
	if r.Verdict.Rules != Rules {
		return fmt.Errorf("replay the verdict on %s: it was made by rules %d, these are %d", r.Verdict.ModelID, r.Verdict.Rules, Rules)
	}
	now := Judge(r.Evidence, r.Policy)
	for i, gate := range now.Gates {
		if i >= len(r.Verdict.Gates) || gate != r.Verdict.Gates[i] {
			return fmt.Errorf("replay the verdict on %s: gate %s is now %+v", r.Verdict.ModelID, gate.Name, gate)
		}
	}
	if !reflect.DeepEqual(now, r.Verdict) {
		return fmt.Errorf("replay the verdict on %s: it is now %+v", r.Verdict.ModelID, now)
	}
	return nil
}
