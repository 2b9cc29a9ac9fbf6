package program

import "github.com/ringrift/orchestrator/internal/spec"

// verdict is what is believed of a program after some answers.
type verdict struct {
	alive bool
	// against is how many answers in a row contradict what is believed.
	against int
	last    error // the last bad answer
}

// after is what is believed after one more answer, nil being a good one.
func (v verdict) after(answer error, probe spec.Probe) verdict {
	if answer != nil {
		v.last = answer
	}
	if (answer == nil) == v.alive {
		v.against = 0
		return v
	}
	v.against++
	needed := probe.Failure
	if !v.alive {
		needed = probe.Success
	}
	if v.against >= needed {
		v.alive, v.against = !v.alive, 0
	}
	return v
}
