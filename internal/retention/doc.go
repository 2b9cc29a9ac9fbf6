// Package retention is the one table of what an installation keeps, for how long, and who throws the rest away; and
// it measures what that takes of the disk.
//
//	table.go    Table: the rows; docs/backup.md holds it, and a test compares the two
//	text.go     the table as Markdown, and sizes and ages as people write them
//	measure.go  Measure: what each row takes, and the disk below it
//	budget.go   State: whether that is within the budget
//
// The rules that hold:
//
//   - A bound in the table is one that something enforces, named in its row. Where nothing does yet, the row says so.
//   - Measuring deletes nothing. What could not be measured is unknown, which is neither zero nor within the budget.
package retention
