package ledger

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// dialect is what differs between the two databases. Statements are written with ? for a value and these words:
// {now} is the time in microseconds, {for share} and {for update} lock the rows that are read. The time is a subquery,
// which is evaluated once and not for every row.
type dialect struct {
	name     string
	goose    goose.Dialect
	words    *strings.Replacer
	numbered bool // values are $1, $2 … instead of ?
}

// sqliteDialect needs no row locks: a transaction that writes is alone.
func sqliteDialect() dialect {
	return dialect{name: "sqlite", goose: goose.DialectSQLite3, words: strings.NewReplacer(
		"{now}", "(SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER) * 1000)",
		"{for share}", "", "{for update}", "")}
}

func postgresDialect() dialect {
	return dialect{name: "postgres", goose: goose.DialectPostgres, numbered: true, words: strings.NewReplacer(
		"{now}", "(SELECT (EXTRACT(EPOCH FROM statement_timestamp()) * 1000000)::BIGINT)",
		"{for share}", "FOR SHARE", "{for update}", "FOR UPDATE")}
}

func (d dialect) render(query string) string {
	query = d.words.Replace(query)
	if !d.numbered {
		return query
	}
	var b strings.Builder
	number := 0
	for part := range strings.SplitSeq(query, "?") {
		if number > 0 {
			b.WriteString("$" + strconv.Itoa(number))
		}
		b.WriteString(part)
		number++
	}
	return b.String()
}

// runner is a pool of connections, or a transaction.
type runner interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// access runs statements somewhere, in the dialect of the database.
type access struct {
	ctx     context.Context // of one call; an access does not outlive it
	on      runner
	dialect dialect
}

// exec runs a statement and says how many rows it changed.
func (a access) exec(query string, args ...any) (int, error) {
	result, err := a.on.ExecContext(a.ctx, a.dialect.render(query), args...)
	if err != nil {
		return 0, err
	}
	changed, err := result.RowsAffected()
	return int(changed), err
}

// row is one row of a result.
type row interface{ Scan(columns ...any) error }

// each reads the rows of a query one by one.
func (a access) each(scan func(row) error, query string, args ...any) error {
	rows, err := a.on.QueryContext(a.ctx, a.dialect.render(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// collect returns all rows of a query.
func collect[T any](a access, scan func(row) (T, error), query string, args ...any) (all []T, err error) {
	err = a.each(func(r row) error {
		one, err := scan(r)
		all = append(all, one)
		return err
	}, query, args...)
	return all, err
}

// first returns the first row of a query, if there is one.
func first[T any](a access, scan func(row) (T, error), query string, args ...any) (one T, found bool, err error) {
	all, err := collect(a, scan, query, args...)
	if err != nil || len(all) == 0 {
		return one, false, err
	}
	return all[0], true, nil
}

// only returns the first row of a query, or ErrNotFound.
func only[T any](a access, scan func(row) (T, error), query string, args ...any) (T, error) {
	one, found, err := first(a, scan, query, args...)
	if err == nil && !found {
		err = ErrNotFound
	}
	return one, err
}
