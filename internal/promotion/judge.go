package promotion

// Rules is the version of the gates: a stored verdict is replayed by the rules it was made by.
const Rules = 1

// Path is which gates a candidate has to pass.
type Path string

// The paths.
const (
	Challenge Path = "challenge" // against the canonical model
	Bootstrap Path = "bootstrap" // the first model of a config
)

// Verdict is what was decided about a candidate, and why.
type Verdict struct {
	Rules   int    `json:"rules"`
	Path    Path   `json:"path"`
	ModelID string `json:"model_id"`
	// Replaces is the canonical model that the verdict holds against; empty on the bootstrap path.
	Replaces string `json:"replaces,omitempty"`
	Promote  bool   `json:"promote"`
	// Gate is the first gate that was not passed, Reason its reason; for a promotion, the one that speaks for it.
	Gate   string  `json:"gate"`
	Reason string  `json:"reason"`
	Gates  []Gate  `json:"gates"`
	Labels []Label `json:"labels"`
}

// test is a gate before it is judged.
type test struct {
	name  string
	judge func(Evidence, Policy) Gate
}

// tests lists the gates of a path in order, and which one speaks for a promotion.
func tests(path Path) (list []test, decisive string) {
	if path == Bootstrap {
		return []test{
			{"policy", policyIsValid}, {"evidence", evidenceIsValid}, {"loads", candidateLoads}, {"finite", candidateIsFinite},
			{"quarantine", candidateIsFree}, {"evaluation", evaluationIsOfCandidate}, {"valid_games", gamesAreValid},
			{"integrity", gamesAreHonest}, {"baseline_games", baselinesHaveGames}, {"floor", floorAgainstRandom},
			{"data_quality", dataIsGood}, {"calibration", baselinesAreCalibrated},
		}, "floor"
	}
	return []test{
		{"policy", policyIsValid}, {"evidence", evidenceIsValid}, {"loads", candidateLoads}, {"finite", candidateIsFinite},
		{"quarantine", candidateIsFree}, {"canonical", canonicalIsThere}, {"difference", candidateDiffers},
		{"evaluation", evaluationIsOfCandidate}, {"opponent", opponentIsCanonical}, {"valid_games", gamesAreValid},
		{"integrity", gamesAreHonest}, {"baseline_games", baselinesHaveGames}, {"floor", floorAgainstRandom},
		{"head_to_head", headToHeadIsWon}, {"rating", ratingGains},
		{"data_quality", dataIsGood}, {"calibration", baselinesAreCalibrated}, {"cooldown", cooledDown},
	}, "head_to_head"
}

// Judge decides about a candidate. The same evidence and policy give the same verdict, for ever.
func Judge(evidence Evidence, policy Policy) Verdict {
	verdict := Verdict{Rules: Rules, Path: evidence.path(), ModelID: evidence.Candidate.ModelID, Labels: labels(evidence)}
	if verdict.Path == Challenge && evidence.Canonical != nil {
		verdict.Replaces = evidence.Canonical.ModelID
	}
	list, decisive := tests(verdict.Path)
	for _, test := range list {
		gate := test.judge(evidence, policy)
		gate.Name = test.name
		verdict.Gates = append(verdict.Gates, gate)
		if gate.Name == decisive {
			verdict.Gate, verdict.Reason = gate.Name, gate.Reason
		}
	}
	against, found := firstNotPassed(verdict.Gates)
	if verdict.Promote = !found; found {
		verdict.Gate, verdict.Reason = against.Name, against.Reason
	}
	return verdict
}

// path is a challenge unless it is known that there never was a canonical model.
func (e Evidence) path() Path {
	if e.Canonical != nil && e.Canonical.Sequence == 0 {
		return Bootstrap
	}
	return Challenge
}
