package ledger

// Error classes that the ledger itself gives to jobs it ends.
const (
	ClassCancelled  = "cancelled"  // somebody wanted it
	ClassDependency = "dependency" // a job it depends on did not complete
	ClassSuperseded = "superseded" // a newer plan took its place
	ClassLost       = "lost"       // its nodes were lost too often
)

// releaseDependants makes jobs ready whose last dependency has completed. A counter does it, since two
// dependencies that complete at the same time do not see each other.
func (t *tx) releaseDependants(id string) error {
	_, err := t.exec(`UPDATE jobs SET waiting_for = waiting_for - 1 WHERE job_id IN (SELECT job_id FROM job_dependencies WHERE depends_on = ?)`, id)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE jobs SET status = 'pending', ready_at = CASE WHEN ready_at > ? THEN ready_at ELSE ? END
		WHERE status = 'waiting' AND waiting_for = 0 AND job_id IN (SELECT job_id FROM job_dependencies WHERE depends_on = ?)`,
		micros(t.now), micros(t.now), id)
	return err
}

// cancelDependants ends all that waits for a job, directly or through others.
func (t *tx) cancelDependants(id string) error {
	_, err := t.exec(`
		WITH RECURSIVE below (job_id) AS (
			SELECT job_id FROM job_dependencies WHERE depends_on = ?
			UNION
			SELECT d.job_id FROM job_dependencies d JOIN below ON d.depends_on = below.job_id)
		UPDATE jobs SET status = 'cancelled', finished_at = ?, error_class = ?, error = ?
		WHERE status = 'waiting' AND job_id IN (SELECT job_id FROM below)`,
		id, micros(t.now), ClassDependency, "job "+id+" did not complete")
	return err
}
