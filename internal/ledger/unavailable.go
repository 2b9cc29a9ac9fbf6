package ledger

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// passing says whether an error comes from a database that is away, busy, restarting or full. The caller has
// looked at his own context before.
func passing(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return passingInPostgres(server.Code)
	}
	var file *sqlite.Error
	if errors.As(err, &file) {
		return passingInSQLite(file.Code())
	}
	for _, target := range []error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			return true
		}
	}
	var network *net.OpError // net.Error would take every error of a file
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect)
}

// passingInPostgres knows the SQLSTATE codes: 08 connection, 53 resources, 57P operator (shutdown, restart),
// 58 system, and single ones.
func passingInPostgres(code string) bool {
	for _, class := range []string{"08", "53", "57P", "58"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	switch code {
	case "25006", // read-only: a standby during a fail-over
		"25P03", // ended after being idle in a transaction
		"55P03", // lock timeout
		"57014": // statement timeout, since the caller's context still runs
		return true
	}
	return interfered(code)
}

// interfered says whether a transaction lost against another one and may simply be repeated. A unique violation
// is one of these: every insert that expects a row in its place says so itself.
func interfered(code string) bool {
	return code == "40001" || code == "40P01" || code == "23505"
}

func passingInSQLite(code int) bool {
	switch code & 0xff { // the rest says more about the same
	case sqlitelib.SQLITE_BUSY, sqlitelib.SQLITE_LOCKED, sqlitelib.SQLITE_INTERRUPT, sqlitelib.SQLITE_IOERR,
		sqlitelib.SQLITE_FULL, sqlitelib.SQLITE_CANTOPEN, sqlitelib.SQLITE_PROTOCOL:
		return true
	}
	return false
}

// repeatable says whether a transaction is to be tried again at once.
func repeatable(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && interfered(server.Code)
}
