package spec

import "slices"

// Worst is the worst of the verdicts of members, which stands for the group that they are in: own if it has none.
func Worst(own Health, members []Info) Health {
	// From the best to the worst; one that is unknown hides nothing worse.
	severity := []HealthStatus{HealthOK, HealthUnknown, HealthWaiting, HealthDegraded, HealthUnhealthy}
	found := -1
	for _, member := range members {
		if rank := slices.Index(severity, member.Health.Status); rank > found {
			own, found = member.Health, rank
		}
	}
	return own
}
