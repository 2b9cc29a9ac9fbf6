package retention

import "fmt"

// State says how what is kept stands to the budget.
type State string

// The states. Unknown is none of the others.
const (
	StateWithin  State = "within"
	StateNear    State = "near" // at least nearShare of the budget, or of the disk, is taken
	StateOver    State = "over"
	StateUnknown State = "unknown"
)

const (
	nearShare = 0.8
	// fullShare is how much of a disk may be taken by whomever: beyond it databases begin to fail.
	fullShare = 0.9
)

// judge compares with the budget, and with the disk in any case, since others fill that too.
func judge(r Report) (State, string) {
	taken := 1 - share(r.DiskFree, r.DiskBytes)
	switch used := share(r.Total.Bytes, r.Budget); {
	case r.DiskBytes <= 0:
		return StateUnknown, "the size of the disk is not known"
	case taken >= fullShare:
		return StateOver, fmt.Sprintf("the disk is %.0f %% full, with %s free: make room, or databases begin to fail", 100*taken, SizeText(r.DiskFree))
	case !r.Total.Known:
		return StateUnknown, "not everything could be counted: " + r.Total.Why
	case used >= 1:
		return StateOver, fmt.Sprintf("%s are kept and the budget is %s: move backups, old games or models away", SizeText(r.Total.Bytes), SizeText(r.Budget))
	case used >= nearShare:
		return StateNear, fmt.Sprintf("%.0f %% of the budget of %s are taken", 100*used, SizeText(r.Budget))
	case taken >= nearShare:
		return StateNear, fmt.Sprintf("the disk is %.0f %% full", 100*taken)
	}
	return StateWithin, ""
}

// share is 0 of what has no bound.
func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
