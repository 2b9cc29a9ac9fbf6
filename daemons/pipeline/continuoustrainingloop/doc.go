// Package continuoustrainingloop is CONTINUOUS_TRAINING_LOOP: hands-off mode. It takes the runs that operators order
// (`starter loop start`) from one iteration to the next, without anybody at the keyboard, and ends them.
//
//	declare.go  the registry's row and the settings
//	daemon.go   one round: each loop takes the step that is due
//	step.go     the steps: begin a turn, learn its iteration, see it end
//	record.go   what came of an iteration, from the event log
//	health.go   loops that come to nothing are findings; a board that cannot be read is the illness
//
// A loop wants one iteration at a time. That makes its configuration wanted, whatever the thresholds say, until the
// iteration is closed: DATA_PIPELINE and the owners of the stages do the rest as always, and start nothing for a loop that
// they would not start by themselves.
//
// Every node that trains has a copy. A step follows from the board, from pipeline/<config> and from the event log alone,
// so all of them come to the same one, and one of them takes it. What ends is told before it is noted: told twice, it is
// one event.
package continuoustrainingloop
