package workload

// The variables that a command is given beside PATH, HOME, TMPDIR and LANG. No variable holds a secret.
const (
	EnvironmentJobID    = "RINGRIFT_JOB_ID"
	EnvironmentAttempt  = "RINGRIFT_ATTEMPT"
	EnvironmentDeadline = "RINGRIFT_DEADLINE" // seconds since 1970; empty: none
	EnvironmentCPUs     = "RINGRIFT_CPUS"     // how many threads
	EnvironmentGPUs     = "RINGRIFT_GPUS"     // which devices; empty: none
)
