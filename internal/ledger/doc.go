// Package ledger is what the cluster knows for good, in SQL: models and pointers, iterations with their stages and
// decisions, counted games and what was learned from which, matches and ratings, jobs, the catalog of data with its
// holders and deliveries, nodes, and the depths of queues. It is one SQLite file, or a PostgreSQL database.
//
//	ledger.go      Ledger: open and close; config.go, sqlite.go, postgres.go, migrate.go, migrations/
//	session.go     Session: every write is one transaction in a writer's name; fence.go: and under its epoch
//	errors.go      ErrFenced, ErrConflict and their kin; unavailable.go: what waiting cures
//	access.go      statements in either dialect; columns.go, where.go, page.go, input.go
//	backup.go      a consistent copy of the SQLite file
//
//	models.go, pointers.go, pointermoves.go         what was trained, and which one is canonical, production …
//	iterations.go, decisions.go                     what was done in which order, and decided from what
//	decisionpurge.go, ratingpurge.go                which of these, and of the ratings, are forgotten
//	stages.go, stageorder.go, stageend.go           what an iteration was told to do, try by try
//	games.go, gamecounts.go, cuts.go, cutcontent.go every game once, and the games that an iteration learns from
//	matches.go, matchidentity.go, ratings.go        evidence, and what was computed from it
//	job*.go                                         the queue: job.go has the record, jobchange.go how it changes
//	items.go, holders.go, replicas.go, deliver*.go  what there is, who has it, who should get it
//	corruptions.go                                  which copies were proved corrupt, and what goes on without them
//	nodes.go, queues.go, queuelevels.go             who takes part, and how full the queues are
//
// The rules that hold:
//
//   - Reads are methods of Ledger, writes are methods of Session. A write is one transaction that first proves
//     that no newer copy of its daemon has written: otherwise it returns ErrFenced and changes nothing.
//   - Writes are idempotent under a natural key (content hash, idempotency key, decision, lease token), so a caller
//     who does not know whether his last try arrived just tries again. What a lost reply of ClaimJob or
//     BeginDelivery has taken comes back when its lease lapses.
//   - Leases, ages and the times of writes come from the database's clock. The zero time means "not yet".
//   - The SQL is the same for both databases but for three words, which access.go translates.
//   - Everything read is bounded: lists are read in pages, and by key, so that a page costs the same at any depth.
//   - IsUnavailable tells whether waiting cures an error: the database is away, busy, restarting or full.
//
// A process that is frozen in the middle of a write keeps the others from writing until it goes on or dies
// (SQLite), or for half a minute (PostgreSQL ends such a session).
package ledger
