package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	connectTime = 5 * time.Second
	// schemaLock is the key of the advisory lock that one process at a time migrates under.
	schemaLock = 7_482_901_135_528_846_001
)

func openPostgres(ctx context.Context, config Config) (*Ledger, error) {
	settings, err := pgx.ParseConfig(config.DSN)
	if err != nil {
		return nil, fmt.Errorf("read DSN: %w", err) // pgx leaves out the password
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = connectTime
	}
	limit(settings.RuntimeParams, config.Timeout)
	db := stdlib.OpenDB(*settings)
	db.SetMaxOpenConns(config.Connections)
	db.SetMaxIdleConns(config.Connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	ledger := &Ledger{dialect: postgresDialect(), writer: db, reader: db, timeout: config.Timeout,
		place: fmt.Sprintf("postgres://%s/%s", net.JoinHostPort(settings.Host, strconv.Itoa(int(settings.Port))), settings.Database)}
	if err := ledger.migrateUnderLock(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", ledger.place, err), ledger.Close())
	}
	return ledger, nil
}

// limit bounds what a session may take on the server, unless the DSN says it.
func limit(parameters map[string]string, timeout time.Duration) {
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	for name, value := range map[string]string{
		"application_name":                    "ringrift",
		"statement_timeout":                   milliseconds(timeout),
		"lock_timeout":                        milliseconds(busyTime),
		"idle_in_transaction_session_timeout": milliseconds(idleTransactionTime),
	} {
		if _, said := parameters[name]; !said {
			parameters[name] = value
		}
	}
}

// migrateUnderLock holds an advisory lock in a transaction of its own, which ends with this process at the latest.
func (l *Ledger) migrateUnderLock(ctx context.Context) error {
	lock, err := l.writer.BeginTx(ctx, &sql.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = lock.Rollback() }() // this only releases the lock
	// The session of the lock is idle while another one migrates.
	if _, err := lock.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
		return err
	}
	if _, err := lock.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(schemaLock)); err != nil {
		return fmt.Errorf("lock the schema: %w", err)
	}
	return l.migrate(ctx)
}
