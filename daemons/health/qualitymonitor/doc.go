// Package qualitymonitor is QUALITY_MONITOR: it judges the newest games on its node's disk as training data, reports what
// they are worth, and tells of it when that has changed. It decides nothing: TRAINING_TRIGGER and SELFPLAY_COORDINATOR
// read the reports of all nodes (package quality).
//
//	declare.go  the registry's row and the settings
//	monitor.go  one round over all configurations
//	check.go    one configuration: look, judge, tell
//	report.go   the node's word for those who decide, and answers to those who asked
//	sample.go   which games of a configuration are looked at: the newest that were played here
//	read.go     games and their scores in one file
//	validate.go the workload's verdict on games that their writer has not scored
//	memory.go   what outlives the process: the checks before, what was told, what is about to be told
//	tell.go     when something is told, and as which events
//	health.go   the monitor's own health; poor games are a finding
//
// A score is that of the column quality_score, or else of the workload's command validate; a game that is against the
// rules is worth 0. A game without either is unjudged, and a configuration without a judged game is unknown: of that
// nothing is told. A change that comes too soon after another one is told when its time has come, because what is told
// is compared with what was told last, not with the check before.
//
// Games of evaluations and files that were merged from others do not count, nor do games of other nodes: those are judged
// where they were played.
package qualitymonitor
