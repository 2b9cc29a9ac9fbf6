// Package modelperformancewatchdog is MODEL_PERFORMANCE_WATCHDOG: it warns when a model in office, the canonical one or
// that in production, wins too little against the heuristic baseline although a better one could be put back, and says
// when that is over. It moves no pointer: it asks, and UNIFIED_PROMOTION decides.
//
//	declare.go      the registry's row and the settings
//	strength.go     what came of the games of all models, a pure function of the matches
//	judge.go        how bad that is
//	predecessor.go  whether one that was in office before is known to be better
//	office.go       the models in office, and what is known of them
//	watchdog.go     one round over all configurations
//	attend.go       one model in office: when an alarm is raised, ended and told
//	alarm.go        alarms as they are kept in the ledger, and their events
//	health.go       the watchdog's own health; weak models are findings
//
// What counts is the newest measurement of a model: all its games against the baseline in one evaluation or tournament,
// as the ledger has them. A model without enough such games is unknown, not weak.
//
// Weakness alone is information, told as a finding: the first models of a cluster win next to nothing, and nobody could do
// anything about that but train on. It is an alarm when recorded games prove that one of the last models before it, which
// could be put back, is better.
//
// An alarm is kept before anybody hears of it, under a key that follows from the model, how long it has been in office and
// what it was measured by. So a copy that was killed in between tells it once more as the same event, and one that comes
// after it knows what was told.
package modelperformancewatchdog
