// Package ledgertest gives tests real ledgers of their own: SQLite files, and a real PostgreSQL server in a
// temporary folder.
//
//	ledger.go      SQLite: a ledger in a file of the test
//	postgres.go    Postgres: one server for a package's tests, a schema for each; pgserver.go runs it
package ledgertest
