// Package backup keeps in one archive what an installation knows, and makes an installation of it again.
//
//	config.go      Config: which installation; Progress
//	backup.go      Backup: the order in which the parts are taken
//	manifest.go    Manifest: what an archive holds, and what it leaves to others
//	builder.go     an archive that is being made; seal.go: and put in its place
//	archive.go     Archive: one that is read; container.go: a folder, or a tar file
//	restore.go     Restore: into empty folders only; restoreparts.go, and place.go: empty, staged, moved
//	sqlite.go      a copy of a SQLite database that others write to
//	bus.go         the event bus, whether EVENT_ROUTER runs it or not
//	snapshot.go    its log with the readers' places, there and back; messages.go: its buckets, and what was logged meanwhile
//	letgo.go       fences: copies of daemons that begin after a restore may write
//	spool.go       events of this node that the bus has not got yet
//	files.go       files that are there as a whole or not at all
//
// An archive holds Temporal's development database, the event bus (log, readers' places, checkpoints, dead letters,
// epochs), the ledger, the events on their way to the bus, the names of the node's workers, and the installation's id. It does not hold games, samples
// and models: they never change, are named by their hash and may be copied at any time. What runs on servers of the
// operator's own (Temporal, NATS, PostgreSQL) is theirs to back up; the manifest says so.
//
// Nothing is stopped for a backup, and it is consistent because of its order. Each store is copied as of one moment
// (of the bus's buckets, each entry), and whoever claims that something was done is copied before the place where it was done:
//
//  1. Temporal, whose workflows know what they handed to the outbox, the bus and the ledger.
//  2. The outbox and the spool, whose files go when the bus has their events.
//  3. The log with its readers' places: an event that counts as handled was so before step 4.
//  4. What daemons remember (checkpoints, dead letters, epochs …).
//  5. What was logged since step 3, so that all that step 4 claims to have published is there.
//  6. The ledger, which so has every effect that anybody above relies on.
//
// What a restored installation does a second time therefore is what it may do twice anyway: deliver an event again,
// publish one under the same id, run an attempt whose lease has lapsed. Nothing that was done is taken for undone.
//
// The rules that hold:
//
//   - An archive is complete and synced, or not there. One that exists is never written over.
//   - An archive is read in full and compared with its manifest before a byte of it is used.
//   - A restore writes into empty folders, beside its target, and moves what is complete. The installation's id comes last.
package backup
