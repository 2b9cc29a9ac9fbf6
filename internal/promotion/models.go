package promotion

func candidateLoads(e Evidence, _ Policy) Gate {
	return known(e.Candidate.Loads, true, "the candidate loads", "the workload reads the candidate", "the workload cannot read the candidate")
}

func candidateIsFinite(e Evidence, _ Policy) Gate {
	return known(e.Candidate.Finite, true, "the candidate's numbers are finite", "the candidate's numbers are finite", "the candidate has numbers that are not finite")
}

func candidateIsFree(e Evidence, _ Policy) Gate {
	return known(e.Candidate.Quarantined, false, "the candidate is in quarantine", "the candidate is in quarantine", "the candidate is not in quarantine")
}

func canonicalIsThere(e Evidence, _ Policy) Gate {
	const threshold = "a canonical model that loads"
	switch {
	case e.Canonical == nil:
		return missing(threshold, "head-to-head unavailable: it is unknown which model is canonical")
	case e.Canonical.Loads == nil:
		return missing(threshold, "head-to-head unavailable: it is unknown whether canonical %s loads", short(e.Canonical.ModelID))
	case !*e.Canonical.Loads:
		return decided(false, e.Canonical.ModelID, threshold, "head-to-head unavailable: the file of canonical %s is missing or does not load", short(e.Canonical.ModelID))
	}
	return decided(true, e.Canonical.ModelID, threshold, "canonical is %s", short(e.Canonical.ModelID))
}

func candidateDiffers(e Evidence, _ Policy) Gate {
	if e.Canonical == nil {
		return missing("another model than canonical", "it is unknown which model is canonical")
	}
	same := e.Candidate.ModelID == e.Canonical.ModelID || e.Candidate.SHA256 == e.Canonical.SHA256
	reason := "the candidate is another model than canonical"
	if same {
		reason = "the candidate is the canonical model itself"
	}
	return decided(!same, e.Candidate.ModelID, "not "+e.Canonical.ModelID, "%s", reason)
}
