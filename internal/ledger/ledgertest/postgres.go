package ledgertest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Postgres is one server for all tests of a package, each in a schema of its own. Its zero value is ready: a
// package's tests declare one variable of it, and TestMain calls Close at the end. The first caller starts it.
type Postgres struct {
	once    sync.Once
	server  *server
	schemas atomic.Int64
}

// Config is where a new, empty ledger of this test can be opened.
func (p *Postgres) Config(t testing.TB) ledger.Config {
	t.Helper()
	p.once.Do(func() { p.server = startServer(t, "fsync=off") })
	if p.server == nil {
		t.Fatal("the package's PostgreSQL server did not start; see the first test that failed")
	}
	schema := fmt.Sprintf("test_%d", p.schemas.Add(1))
	p.run(t, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { p.run(t, "DROP SCHEMA "+schema+" CASCADE") })
	return ledger.Config{DSN: p.server.dsn() + " search_path=" + schema}
}

// Open opens a new ledger of this test, until it ends.
func (p *Postgres) Open(t testing.TB) *ledger.Ledger {
	t.Helper()
	return Open(t, p.Config(t))
}

// Close ends the server and removes its folder.
func (p *Postgres) Close() {
	if p.server != nil {
		p.server.stop(os.Interrupt)
		_ = os.RemoveAll(p.server.dir) // a temporary folder
	}
}

// run runs a statement with a connection of its own. The test's context may have ended.
func (p *Postgres) run(t testing.TB, statement string) {
	t.Helper()
	connection, err := pgx.Connect(context.Background(), p.server.dsn())
	require.NoError(t, err)
	_, err = connection.Exec(context.Background(), statement)
	require.NoError(t, err, statement)
	require.NoError(t, connection.Close(context.Background()))
}

// Own starts a server for one test, which may Kill and Start it, with settings such as fsync=off.
func Own(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := startServer(t, settings...)
	t.Cleanup(func() {
		s.stop(os.Interrupt)
		require.NoError(t, os.RemoveAll(s.dir))
	})
	return &Server{t: t, server: s}
}

// Server is a PostgreSQL server of one test.
type Server struct {
	t      testing.TB
	server *server
}

// Config is where its ledger is.
func (s *Server) Config() ledger.Config { return ledger.Config{DSN: s.server.dsn()} }

// Kill ends the server at once, as a crash of its machine would.
func (s *Server) Kill() {
	s.t.Helper()
	s.server.stop(crash)
}

// Start brings the server back.
func (s *Server) Start() {
	s.t.Helper()
	require.NoError(s.t, s.server.start())
}
