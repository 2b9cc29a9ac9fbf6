package promotion

import (
	"fmt"
	"reflect"
)

// GuardRecord is a decision about production as it is stored: what it was taken from, and what it was.
type GuardRecord struct {
	Policy   GuardPolicy   `json:"policy"`
	Evidence GuardEvidence `json:"evidence"`
	Verdict  GuardVerdict  `json:"verdict"`
}

// NewGuardRecord decides about production and keeps what it was decided by.
func NewGuardRecord(evidence GuardEvidence, policy GuardPolicy) GuardRecord {
	return GuardRecord{policy, evidence, Guard(evidence, policy)}
}

// Replay decides again and returns an error that names the first difference to the stored verdict.
func (r GuardRecord) Replay() error {
	act := fmt.Sprintf("replay the verdict on production of %s", r.Evidence.ConfigKey)
	if r.Verdict.Rules != Rules {
		return fmt.Errorf("%s: it was made by rules %d, these are %d", act, r.Verdict.Rules, Rules)
	}
	now := Guard(r.Evidence, r.Policy)
	for i, gate := range now.Gates {
		if i >= len(r.Verdict.Gates) || gate != r.Verdict.Gates[i] {
			return fmt.Errorf("%s: gate %s is now %+v", act, gate.Name, gate)
		}
	}
	if !reflect.DeepEqual(now, r.Verdict) {
		return fmt.Errorf("%s: it is now %+v", act, now)
	}
	return nil
}
