package games

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data/format"
)

// session is one connection to one or more attached databases.
type session struct {
	*sql.Conn
	db *sql.DB
}

// openSession opens a connection whose main database is the given file, created if it is missing.
func openSession(ctx context.Context, path, pragmas string) (*session, error) {
	query := "_pragma=busy_timeout(10000)&_pragma=trusted_schema(OFF)&_pragma=temp_store(MEMORY)&_txlock=immediate" + pragmas
	db, err := sql.Open("sqlite", format.DSN(path, query))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return connect(ctx, db, path)
}

func connect(ctx context.Context, db *sql.DB, path string) (*session, error) {
	connection, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return &session{connection, db}, nil
}

func (s *session) close() error { return errors.Join(s.Conn.Close(), s.db.Close()) }

// attach makes another database visible under a name. A closed one is read as nobody's, so that no file
// appears beside it; a live one with SQLite's locks.
func (s *session) attach(ctx context.Context, path, name string, closed bool) error {
	query := "mode=ro"
	if closed {
		query += "&immutable=1"
	}
	if _, err := s.ExecContext(ctx, "ATTACH DATABASE ? AS "+name, format.DSN(path, query)); err != nil {
		return fmt.Errorf("attach %s: %w", path, err)
	}
	return nil
}

// exec runs statements one after the other.
func (s *session) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := s.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%.120s: %w", statement, err)
		}
	}
	return nil
}

// inTransaction runs act between BEGIN and COMMIT, and rolls back when it fails.
func (s *session) inTransaction(ctx context.Context, begin string, act func() error) error {
	if err := s.exec(ctx, begin); err != nil {
		return err
	}
	err := act()
	if err == nil {
		err = s.exec(ctx, "COMMIT")
	}
	if err != nil {
		return errors.Join(err, s.rollback(ctx))
	}
	return nil
}

// rollback works also after ctx ended.
func (s *session) rollback(ctx context.Context) error {
	_, err := s.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	if err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}
