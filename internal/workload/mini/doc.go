// Mini is the built-in workload: k-in-a-row on small boards, self-play by PUCT, a model of pattern tables that really
// learns within seconds, games in SQLite, samples in genuine .npz. It is called only through the contract of package
// workload, as any foreign workload is; nothing of the orchestrator imports it.
//
//	main.go                      the commands; workload.json, the manifest that `describe` prints
//	inputs.go, failures.go       inputs with the hash they should have; which error ends with which exit code
//	files.go                     outputs that appear whole or not at all
//	init.go                      a model that knows nothing
//	cast.go                      who plays: models and baselines by the names of a request
//	session.go, gamesfile.go     games played in parallel into one file, interrupted and resumed
//	selfplay.go evaluate.go match.go, score.go, stoprule.go
//	validate.go merge.go export.go combine.go, lots.go   from games to samples
//	train.go, checkpoints.go, loss.go, distill.go        from samples to models
//	inspect.go                   facts of files, by package audit, which shares no code with the rest
//
// The packages below, from the bottom up: game (rules), model (tables), search (PUCT), player, play (whole games,
// many at a time), store (games files), npz and dataset (samples), training, audit.
//
// Rules that hold: the same request gives the same bytes, on any number of threads. What is random comes from the
// request's seed. Files appear whole or not at all.
package main
