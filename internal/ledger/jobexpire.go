package ledger

import (
	"context"
	"fmt"
)

// maxExpired is how many leases one call of ExpireLeases ends.
const maxExpired = 200

// Expired is a lease that lapsed, and the job as it is now.
type Expired struct {
	Lease Lease
	Node  string // that had it
	Job   Job
}

// ExpireLeases takes back the jobs whose leases have lapsed by the database's clock, the oldest first, 200 a call
// at most. They become pending, prefer another node and gain one point of priority. It costs no attempt until
// MaxLosses is reached: then each loss does, since the job may be what kills its nodes.
func (s *Session) ExpireLeases(ctx context.Context) (expired []Expired, err error) {
	err = s.write(ctx, "expire leases", func(t *tx) error {
		expired = nil
		jobs, err := collect(t.access, scanJob, "SELECT "+jobColumns+` FROM jobs WHERE status IN ('claimed', 'running') AND lease_until < ?
			ORDER BY lease_until LIMIT ? {for update}`, micros(t.now), maxExpired)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			lost := Expired{Lease: j.Lease(), Node: j.Node}
			if err := t.end(&j, lostLease(j)); err != nil {
				return fmt.Errorf("job %s: %w", j.ID, err)
			}
			if err := t.saveJob(j); err != nil {
				return fmt.Errorf("job %s: %w", j.ID, err)
			}
			lost.Job = j
			expired = append(expired, lost)
		}
		return nil
	})
	return expired, err
}

func lostLease(j Job) ending {
	failure := Failure{Class: ClassLost, Message: fmt.Sprintf("the lease of %s lapsed at %s", j.Node, j.LeaseUntil.Format("15:04:05.000Z07:00"))}
	return ending{outcome: OutcomeLost, failure: failure, apply: func(t *tx, j *Job) error {
		j.Losses++
		if j.Status == Running && j.Losses <= j.MaxLosses {
			j.Forgiven++
		}
		j.avoid(j.Node)
		j.Priority = min(j.Priority+1, 100)
		return t.requeue(j, failure, t.now)
	}}
}
