package elosync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// cursorsKey names the checkpoint with how far each database was read.
	cursorsKey = "cursors"
	// batches are read of one database in one round at most; the next round follows at once.
	batches      = 20
	maxDatabases = 100
)

type daemon struct {
	config Config
	rt     host.Runtime
	folder string

	mu    sync.Mutex
	state figures
}

// cursor is how far a database was read. First and Last identify the row it began with and the one at Row: others mean
// another database, or an older state of this one, whose numbers stand for other matches.
type cursor struct {
	Row   int64  `json:"row"`
	First string `json:"first"`
	Last  string `json:"last"`
}

var (
	_ host.Ticker  = (*daemon)(nil)
	_ host.Checker = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	return &daemon{config: config, rt: rt, folder: filepath.Join(rt.DataDir, "elo")}
}

// Interval implements host.Ticker.
func (d *daemon) Interval() time.Duration { return d.config.Interval }

// Tick implements host.Ticker.
func (d *daemon) Tick(ctx context.Context) error {
	if d.rt.Ledger == nil {
		return host.Dependency(errors.New("this process has no ledger: run ELO_SYNC in a worker"))
	}
	session, err := d.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	work := figures{}
	more, err := d.round(ctx, session, &work)
	d.record(work, err)
	switch {
	case ledger.IsUnavailable(err):
		return host.Dependency(err)
	case err == nil && more:
		return host.Later(time.Second)
	}
	return err
}

func (d *daemon) round(ctx context.Context, session *ledger.Session, work *figures) (more bool, err error) {
	cursors, err := d.load(ctx)
	if err != nil {
		return false, err
	}
	paths, err := d.databases()
	if err != nil {
		return false, err
	}
	for _, path := range paths {
		name := filepath.Base(path)
		next, left, err := d.ship(ctx, session, path, cursors[name], work)
		if ctx.Err() != nil || ledger.IsUnavailable(err) || errors.Is(err, ledger.ErrFenced) {
			return false, err
		}
		if err != nil { // one that cannot be read does not keep the others waiting
			work.unread, work.findings = work.unread+1, append(work.findings, err.Error())
			continue
		}
		cursors[name], more = next, more || left
	}
	if work.added > 0 {
		d.rt.Logger.Info("matches are in the ledger", "added", work.added, "read", work.read)
	}
	work.digest, err = d.bringRatings(ctx, session.Ledger())
	if err != nil {
		return false, err
	}
	if work.read > 0 {
		err = d.rt.Bus.Publish(ctx, bus.EloSyncCompleted{
			NodeID: d.rt.Node, MatchesAdded: work.added, MatchesRead: work.read, MatchesRefused: work.refused, Digest: work.digest,
		})
	}
	// The cursors go last: what is read again adds nothing.
	return more, errors.Join(err, d.save(ctx, cursors))
}

// ship sends the rows behind a cursor, and returns where it is then.
func (d *daemon) ship(ctx context.Context, session *ledger.Session, path string, from cursor, work *figures) (cursor, bool, error) {
	source, err := openDatabase(ctx, path)
	if err != nil {
		return from, false, err
	}
	defer func() { _ = source.close() }() // it was only read
	first, err := source.first(ctx)
	if err != nil {
		return from, false, err
	}
	last, err := source.at(ctx, from.Row)
	if err != nil {
		return from, false, err
	}
	if first != from.First || last != from.Last {
		from = cursor{First: first}
	}
	for range batches {
		rows, err := source.rows(ctx, from.Row, d.config.Batch)
		if err != nil || len(rows) == 0 {
			return from, false, err
		}
		if err := d.add(ctx, session, rows, work); err != nil {
			return from, false, err
		}
		end := rows[len(rows)-1]
		from.Row, from.Last = end.number, end.identity()
	}
	return from, true, nil
}

func (d *daemon) add(ctx context.Context, session *ledger.Session, rows []record, work *figures) error {
	var matches []ledger.Match
	for _, row := range rows {
		work.read++
		match, err := row.match(d.rt.Node)
		if err != nil {
			work.refuse(row, err)
			continue
		}
		matches = append(matches, match)
	}
	if len(matches) == 0 {
		return nil
	}
	added, err := session.RecordMatches(ctx, matches)
	if errors.Is(err, ledger.ErrInvalid) { // one of them: find it
		return d.addEach(ctx, session, matches, work)
	}
	work.added += added
	return err
}

func (d *daemon) addEach(ctx context.Context, session *ledger.Session, matches []ledger.Match, work *figures) error {
	for _, match := range matches {
		added, err := session.RecordMatches(ctx, []ledger.Match{match})
		if errors.Is(err, ledger.ErrInvalid) {
			work.refuse(record{gameID: match.GameID}, err)
			continue
		}
		if err != nil {
			return err
		}
		work.added += added
	}
	return nil
}

// databases are the files below DATA_DIR/elo, by name.
func (d *daemon) databases() ([]string, error) {
	entries, err := os.ReadDir(d.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for matches: %w", err)
	}
	var paths []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && strings.HasSuffix(entry.Name(), ".db") && !strings.HasPrefix(entry.Name(), ".") && len(paths) < maxDatabases {
			paths = append(paths, filepath.Join(d.folder, entry.Name()))
		}
	}
	return paths, nil
}

func (d *daemon) load(ctx context.Context) (map[string]cursor, error) {
	cursors := map[string]cursor{}
	text, found, err := d.rt.Bus.Load(ctx, cursorsKey)
	if err != nil || !found {
		return cursors, err
	}
	if err := json.Unmarshal(text, &cursors); err != nil {
		return nil, fmt.Errorf("read cursors: %w", err)
	}
	return cursors, nil
}

func (d *daemon) save(ctx context.Context, cursors map[string]cursor) error {
	text, err := json.Marshal(cursors)
	if err != nil {
		return fmt.Errorf("write cursors: %w", err)
	}
	if before, found, err := d.rt.Bus.Load(ctx, cursorsKey); err != nil || found && string(before) == string(text) {
		return err
	}
	return d.rt.Bus.Save(ctx, cursorsKey, text)
}
