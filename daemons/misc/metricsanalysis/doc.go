// Package metricsanalysis is METRICS_ANALYSIS: it watches the curves of each configuration, which are the losses of its
// training runs and the ratings of the models that come of them, and tells when one becomes flat, falls or jumps. It
// decides nothing: it proposes to FEEDBACK_LOOP and CURRICULUM_INTEGRATION.
//
//	declare.go   the registry's row and the settings
//	reading.go   what a curve says: its best, its slope, odd points; a pure function
//	sources.go   the curves, from the ledger: what finished runs have told, and the ratings of the models evaluated
//	change.go    when a reading is news, as it is kept in the ledger
//	news.go      the events of a change
//	analysis.go  one round over all configurations
//	health.go    what the curves say is a finding
//
// A curve belongs to one run, or for ratings to the configuration: nothing is compared across runs. Only changes are told:
// what was told last is kept in the ledger, each change under the number of its curve's changes. So a copy that was killed
// tells the last change once more as the same event.
//
// A point that lies far off and is followed by one that does not is odd, and counts for nothing else. If the next one lies
// off as well, the curve has moved.
package metricsanalysis
