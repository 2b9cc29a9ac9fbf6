// Package distillation is DISTILLATION: it has a small, fast model made of each canonical one, and lets that take over as
// the configuration's production-small model only if it still judges and plays alike.
//
//	declare.go      the registry's row
//	settings.go     Settings: how a student is taught, and what it must show
//	distiller.go    one round: each configuration's canonical model is taken as far as it goes now
//	course.go       the three jobs of one teacher: positions, student, match
//	attempts.go     which attempt at them is due, and each job of it
//	lessons.go      what these jobs are asked for
//	proof.go        what they have left, as far as it can be proved
//	verdict.go      the gates that a student passes or not, and what is kept of that
//	settle.go       what follows from a verdict: the pointer and the event
//	health.go       a model that has no student for long is the illness
//
// How fast a student is hangs on the machine and the moment: the workload measures it by its teacher, on the same positions
// in turns, until it is clear whether that is enough. If it never gets clear, the verdict is undecided, and nothing moves.
//
// A teacher is distilled once: the decision is kept under its id, with all it was taken from, before the pointer moves.
// Work that fails is told of and tried again, later each time; it is never taken for done. Generation 0 has learnt
// nothing, so nothing can be learnt from it.
package distillation
