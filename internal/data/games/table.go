package games

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Bounds of a schema; a file beyond them is refused.
const (
	maxTables  = 64
	maxColumns = 256
)

const (
	gamesTable = "games"
	movesTable = "game_moves"
	idColumn   = "game_id"
)

// table is one whose rows belong to games.
type table struct {
	name    string
	columns []column // by name, without the one that only numbers rows
	key     []string // the primary key, in its order
	number  string   // the column that only numbers rows; empty if there is none
}

type column struct {
	name, kind string
}

// names returns the quoted names of the columns, each behind the prefix.
func (t table) names(prefix string) string {
	quoted := make([]string, len(t.columns))
	for i, column := range t.columns {
		quoted[i] = prefix + quote(column.name)
	}
	return strings.Join(quoted, ", ")
}

func (t table) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name })
}

// readTables returns the tables of a schema (main or attached) that have a column game_id, by name.
func (s *session) readTables(ctx context.Context, schema string) ([]table, error) {
	names, err := s.texts(ctx, `SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table'
		AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name LIMIT ?`, schema, maxTables+1)
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	if len(names) > maxTables {
		return nil, fmt.Errorf("the database has more than %d tables", maxTables)
	}
	var tables []table
	for _, name := range names {
		one, err := s.readTable(ctx, schema, name)
		if err != nil {
			return nil, err
		}
		if one.has(idColumn) {
			tables = append(tables, one)
		}
	}
	return tables, checkTables(tables)
}

// checkTables says what keeps a database from being one of games.
func checkTables(tables []table) error {
	for _, need := range []struct{ table, column string }{{gamesTable, "game_status"}, {movesTable, "move_number"}} {
		i := slices.IndexFunc(tables, func(t table) bool { return t.name == need.table })
		if i < 0 || !tables[i].has(need.column) {
			return fmt.Errorf("it is no games database: it needs a table %s with columns %s and %s", need.table, idColumn, need.column)
		}
	}
	return nil
}

func (s *session) readTable(ctx context.Context, schema, name string) (table, error) {
	// Generated columns are hidden > 1: they follow from the others.
	rows, err := s.QueryContext(ctx, `SELECT name, upper(type), pk FROM pragma_table_xinfo(?, ?) WHERE hidden = 0 ORDER BY name`, name, schema)
	if err != nil {
		return table{}, fmt.Errorf("read table %s: %w", name, err)
	}
	one, keys := table{name: name}, map[int]string{}
	for rows.Next() {
		var c column
		var key int
		if err := rows.Scan(&c.name, &c.kind, &key); err != nil {
			return table{}, errors.Join(fmt.Errorf("read table %s: %w", name, err), rows.Close())
		}
		one.columns = append(one.columns, c)
		if key > 0 {
			keys[key] = c.name
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return table{}, fmt.Errorf("read table %s: %w", name, err)
	}
	if len(one.columns) > maxColumns {
		return table{}, fmt.Errorf("table %s has %d columns, at most %d are allowed", name, len(one.columns), maxColumns)
	}
	for i := range len(keys) {
		one.key = append(one.key, keys[i+1])
	}
	return one.withoutNumber(), nil
}

// withoutNumber takes the column away that only numbers rows: another database numbers them differently.
func (t table) withoutNumber() table {
	if len(t.key) != 1 || t.key[0] == idColumn {
		return t
	}
	i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == t.key[0] })
	if i >= 0 && t.columns[i].kind == "INTEGER" {
		t.number, t.key = t.key[0], nil
		t.columns = slices.Delete(t.columns, i, i+1)
	}
	return t
}

// kindPattern is what the type of a column may look like where it is used in SQL.
var kindPattern = regexp.MustCompile(`^[A-Z0-9_ ]*(\([0-9, ]*\))?$`)

// define returns the SQL that creates the table in a schema.
func (t table) define(schema string) string {
	var parts []string
	if t.number != "" {
		parts = append(parts, quote(t.number)+" INTEGER PRIMARY KEY")
	}
	for _, column := range t.columns {
		parts = append(parts, column.define())
	}
	if len(t.key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+quoteAll(t.key)+")")
	}
	return fmt.Sprintf("CREATE TABLE %s.%s (%s)", schema, quote(t.name), strings.Join(parts, ", "))
}

func (c column) define() string {
	if !kindPattern.MatchString(c.kind) {
		return quote(c.name)
	}
	return quote(c.name) + " " + c.kind
}

// quote makes any text an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// texts returns the first column of all rows.
func (s *session) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		all = append(all, text)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}
