// Package promotion judges models: is a candidate proven better than the canonical model, and does the model in
// production still deserve its place? It is pure: a verdict follows from the recorded evidence and policy alone,
// and a stored decision can be replayed for ever.
//
//	judge.go      Judge: Evidence and Policy → Verdict, with the lists of gates
//	evidence.go   Evidence: what is known about a candidate; wellformed.go
//	policy.go     Policy: the thresholds; policycheck.go; byplayers.go
//	gate.go       Gate: one condition with its value, threshold and reason
//	models.go     gates about the candidate and the canonical model
//	games.go      gates about the evaluation: whose, complete, honest, long enough
//	strength.go   gates about strength: floor, head-to-head, rating
//	setting.go    gates about policy, quality of data, calibration, cooldown
//	labels.go     Label: the tiers a candidate graduates to; they open no door
//	record.go     Record: a decision as it is stored, and its replay
//
//	guard.go      Guard: advance, roll back or hold the model in production
//	guardevidence.go, guardpolicy.go; guardrecord.go: GuardRecord, a decision as it is stored, and its replay
//	advance.go    gates of canonical → production
//	regression.go regression checks, and the gates of a rollback
//
// The rules that hold:
//
//   - What is missing is not passed. Unknown is a nil pointer or a word of its own, never 0.
//   - All gates are evaluated and kept; the reason of a verdict is that of the first one not passed. They are in
//     the order in which doubts arise: are these models what they seem, is the evaluation about them, is it honest
//     and long enough, is the candidate strong enough, is this the time.
//   - Two paths. A challenge is judged against the canonical model: the doors are a floor against random (Wilson's
//     lower bound) and a head-to-head against that very model. Only where it is known that the config never had a
//     canonical model, the bootstrap path asks for a sound model and a floor of its own, and for nothing relative.
//   - The verdict names the model it replaces: the pointer moves by compare-and-set against that, and if it has
//     moved meanwhile, the candidate is judged again.
package promotion
