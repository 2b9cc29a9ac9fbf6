package promotion

// Action is what Guard wants done.
type Action string

// The actions.
const (
	Hold     Action = "hold"     // leave production as it is
	Advance  Action = "advance"  // canonical goes into production
	Rollback Action = "rollback" // the fallback goes back into production, and the model there into quarantine
	Refused  Action = "refused"  // a rollback is due but not allowed: a human has to look
)

// GuardVerdict is what was decided about production, and why.
type GuardVerdict struct {
	Rules  int    `json:"rules"`
	Action Action `json:"action"`
	// Replaces is the model in production that the verdict holds against, empty for none; To is who follows.
	Replaces string `json:"replaces,omitempty"`
	To       string `json:"to,omitempty"`
	// Quarantine is the model that is never promoted again.
	Quarantine string `json:"quarantine,omitempty"`
	// Regressions is how many of the newest checks in a row found production worse.
	Regressions int    `json:"regressions"`
	Gate        string `json:"gate"`
	Reason      string `json:"reason"`
	Gates       []Gate `json:"gates"` // of the rollback if one is due, else of the advance
}

// guardTest is a gate before it is judged.
type guardTest struct {
	name  string
	judge func(GuardEvidence, GuardPolicy) Gate
}

// Guard decides about the model in production: back, if enough checks in a row found it worse; forward, if
// canonical is proven better; else it stays. The same evidence and policy give the same verdict, for ever.
func Guard(evidence GuardEvidence, policy GuardPolicy) GuardVerdict {
	verdict := GuardVerdict{Rules: Rules, Action: Hold, Regressions: regressions(evidence, policy)}
	if evidence.Production != nil {
		verdict.Replaces = evidence.Production.ModelID
	}
	if policy.Validate() == nil && verdict.Regressions >= policy.Consecutive {
		verdict.Action = Refused
		if verdict.judge(rollbackTests(), evidence, policy) {
			verdict.Action, verdict.To, verdict.Quarantine = Rollback, evidence.Fallback.ModelID, verdict.Replaces
		}
		return verdict
	}
	if verdict.judge(advanceTests(evidence), evidence, policy) {
		verdict.Action, verdict.To = Advance, evidence.Canonical.ModelID
	}
	return verdict
}

// judge evaluates all gates and says whether they are passed. The last one speaks if all are.
func (v *GuardVerdict) judge(tests []guardTest, e GuardEvidence, p GuardPolicy) bool {
	for _, test := range tests {
		gate := test.judge(e, p)
		gate.Name = test.name
		v.Gates = append(v.Gates, gate)
	}
	decisive, against := firstNotPassed(v.Gates)
	if !against {
		decisive = v.Gates[len(v.Gates)-1]
	}
	v.Gate, v.Reason = decisive.Name, decisive.Reason
	return !against
}

func guardPolicyIsValid(_ GuardEvidence, p GuardPolicy) Gate {
	return validity("policy", p.Validate())
}

func guardEvidenceIsValid(e GuardEvidence, _ GuardPolicy) Gate {
	return validity("evidence", e.validate())
}
