package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		config      ledger.Config
		text        string
		unavailable bool
	}{
		"nowhere":         {ledger.Config{}, "neither Path nor DSN is set", false},
		"two places":      {ledger.Config{Path: "a", DSN: "b"}, "both Path and DSN are set", false},
		"one connection":  {ledger.Config{Path: "a", Connections: 1}, "the number of Connections is 1: give 2 to 100", false},
		"file as folder":  {ledger.Config{Path: filepath.Join(file, "ledger.db")}, "create the folder of", false},
		"no DSN":          {ledger.Config{DSN: "postgres://%zz:secret@x"}, "read DSN", false},
		"no server":       {ledger.Config{DSN: "postgres://u:secret@127.0.0.1:1/db"}, "127.0.0.1:1", true},
		"no such host":    {ledger.Config{DSN: "postgres://u:secret@host.invalid/db"}, "host.invalid", true},
		"no socket there": {ledger.Config{DSN: "host=" + t.TempDir() + " user=u password=secret"}, "connect", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ledger.Open(t.Context(), c.config)
			require.ErrorContains(t, err, c.text)
			require.NotContains(t, err.Error(), "secret")
			require.Equal(t, c.unavailable, ledger.IsUnavailable(err), "does waiting cure: %v", err)
		})
	}
}

func TestOpenRefusesADatabaseThatIsNotThere(t *testing.T) {
	t.Parallel()
	config := postgres.Config(t)
	config.DSN = strings.Replace(config.DSN, "dbname=postgres", "dbname=absent", 1)
	_, err := ledger.Open(t.Context(), config)
	require.ErrorContains(t, err, `database "absent" does not exist`)
	require.False(t, ledger.IsUnavailable(err), "waiting does not create a database: %v", err)
}

func TestOpenRefusesAFileThatIsNoDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600))
	_, err := ledger.Open(t.Context(), ledger.Config{Path: path})
	require.ErrorContains(t, err, "file is not a database")
	require.False(t, ledger.IsUnavailable(err))
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		first, err := ledger.Open(t.Context(), config)
		require.NoError(t, err)
		require.NoError(t, first.Close())
		statement(t, config, "INSERT INTO ledger_versions (version_id, is_applied) VALUES (999, true)")

		_, err = ledger.Open(t.Context(), config)
		require.ErrorIs(t, err, ledger.ErrNewerSchema)
		require.ErrorContains(t, err, "the schema has version 999, this build knows 13")
	})
}

func TestALedgerOfThePreviousBuildOpens(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		migrateTo(t, config, 8)
		statement(t, config, `INSERT INTO game_files (sha256, config_key, batch_id, node, games, logical_digest, recorded_at)
			VALUES ('before', 'sq5_2p', 'b', 'n', 3, 'd', 5)`)

		l := ledgertest.Open(t, config)
		file, err := l.GameFile(t.Context(), "before")
		require.NoError(t, err)
		require.Equal(t, ledger.PurposeSelfplay, file.Purpose)
		s := l.Session("TEST_DAEMON", 1)
		_, err = s.CutGames(t.Context(), "sq5_2p", iterate(t, s).Number)
		require.NoError(t, err)
		cut, err := l.Cut(t.Context(), "sq5_2p", 1)
		require.NoError(t, err)
		require.Equal(t, []ledger.GameFile{file}, cut, "its games are learned from")
	})
}

// migrateTo makes a ledger as an older build has left it.
func migrateTo(t *testing.T, config ledger.Config, version int64) {
	t.Helper()
	dialect, db := goose.DialectSQLite3, (*sql.DB)(nil)
	var err error
	if config.DSN != "" {
		settings, err := pgx.ParseConfig(config.DSN)
		require.NoError(t, err)
		dialect, db = goose.DialectPostgres, stdlib.OpenDB(*settings)
	} else {
		db, err = sql.Open("sqlite", config.Path)
		require.NoError(t, err)
	}
	older, err := goose.NewProvider(dialect, db, os.DirFS("migrations"), goose.WithTableName("ledger_versions"), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = older.UpTo(t.Context(), version)
	require.NoError(t, err)
	require.NoError(t, older.Close())
}

func TestManyOpenAtOnceAndOneMigrates(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		var group errgroup.Group
		begin := make(chan struct{})
		for range 6 {
			group.Go(func() error {
				<-begin
				l, err := ledger.Open(t.Context(), config)
				if err != nil {
					return err
				}
				return l.Close()
			})
		}
		for range 2 {
			opener := child(t, "open", config)
			require.NoError(t, opener.Start())
			group.Go(opener.Wait)
		}
		close(begin)
		require.NoError(t, group.Wait(), "eight openers, two of them other processes")
		l := ledgertest.Open(t, config)
		model(t, l.Session("TEST_DAEMON", 1), "one")
	})
}

func TestPathIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a folder?with#odd%20names", "ledger&_pragma=foreign_keys(0).db")
	l := ledgertest.Open(t, ledger.Config{Path: path})
	require.FileExists(t, path)
	require.Equal(t, path, l.Place())
	require.Equal(t, "sqlite", l.Database())
}

func TestWhatWasWrittenIsThereAfterOpeningAgain(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		first, err := ledger.Open(t.Context(), config)
		require.NoError(t, err)
		m := model(t, first.Session("TEST_DAEMON", 1), "one")
		require.NoError(t, first.Close())

		again := ledgertest.Open(t, config)
		found, err := again.Model(t.Context(), m.ID)
		require.NoError(t, err)
		require.Equal(t, m, found)
	})
}

func TestAServerThatComesAndGoesIsUnavailableMeanwhile(t *testing.T) {
	t.Parallel()
	server := ledgertest.Own(t)
	l := ledgertest.Open(t, server.Config())
	s := l.Session("TEST_DAEMON", 1)
	m := model(t, s, "one")

	server.Kill()
	_, err := l.Model(t.Context(), m.ID)
	require.True(t, ledger.IsUnavailable(err), "read: %v", err)
	_, err = s.AddModel(t.Context(), m)
	require.True(t, ledger.IsUnavailable(err), "write: %v", err)

	server.Start()
	found, err := l.Model(t.Context(), m.ID)
	require.NoError(t, err, "the same ledger, without opening it again")
	require.Equal(t, m, found)
}

func TestABusyFileIsUnavailableAndAnEndedContextIsNot(t *testing.T) {
	t.Parallel()
	config := ledger.Config{Path: filepath.Join(t.TempDir(), "ledger.db")}
	ledgertest.Open(t, config) // creating it may take longer than what is to run out here
	config.Timeout = time.Second
	l := ledgertest.Open(t, config)
	other, err := sql.Open("sqlite", config.Path)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	connection, err := other.Conn(t.Context())
	require.NoError(t, err)
	_, err = connection.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)

	err = l.Session("TEST_DAEMON", 1).Claim(t.Context())
	require.True(t, ledger.IsUnavailable(err), "the file is locked by another writer: %v", err)
	_, err = l.Nodes(t.Context())
	require.NoError(t, err, "readers go on")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = l.Session("TEST_DAEMON", 1).Claim(short)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, ledger.IsUnavailable(err), "the caller had no more time: %v", err)

	_, err = connection.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, l.Session("TEST_DAEMON", 1).Claim(t.Context()))
}

// statement runs SQL behind the ledger's back.
func statement(t testing.TB, config ledger.Config, query string) {
	t.Helper()
	if config.DSN != "" {
		connection, err := pgx.Connect(t.Context(), config.DSN)
		require.NoError(t, err)
		_, err = connection.Exec(t.Context(), query)
		require.NoError(t, err, query)
		require.NoError(t, connection.Close(t.Context()))
		return
	}
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?_busy_timeout=10000", config.Path))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), query)
	require.NoError(t, err, query)
	require.NoError(t, db.Close())
}
