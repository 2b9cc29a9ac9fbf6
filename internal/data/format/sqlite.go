package format

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	// quickCheckBytes is the size above which a database is checked without comparing tables with indexes.
	quickCheckBytes = 100 << 20
	databaseMagic   = "SQLite format 3\x00"
)

// judgeDatabase judges a games database.
func judgeDatabase(ctx context.Context, file string, access access) Verdict {
	verdict, bytes := judgeHeader(file, access)
	if verdict.State != Valid {
		return verdict
	}
	db, err := open(ctx, file, access)
	if err != nil {
		return databaseError(err)
	}
	defer func() { _ = db.Close() }() // it was only read
	check := "PRAGMA integrity_check(5)"
	if bytes > quickCheckBytes {
		check = "PRAGMA quick_check(5)"
	}
	complaints, err := texts(ctx, db, check)
	if err != nil {
		return databaseError(err)
	}
	if len(complaints) != 1 || complaints[0] != "ok" {
		return corrupt("SQLite finds it malformed: %.500s", strings.Join(complaints, "; "))
	}
	return judgeTables(ctx, db)
}

// judgeHeader looks at the first bytes, which tell what is no database long before SQLite does.
func judgeHeader(file string, access access) (Verdict, int64) {
	opened, err := os.Open(file)
	if err != nil {
		return unreadable(err), 0
	}
	defer func() { _ = opened.Close() }() // it was only read
	info, err := opened.Stat()
	if err != nil {
		return unknown(err), 0
	}
	if info.Size() == 0 && access == liveDatabase {
		return Verdict{State: Unknown, Reason: "the database is empty: its writer may be about to begin"}, 0
	}
	header := make([]byte, 100)
	if _, err := io.ReadFull(opened, header); err == io.EOF || err == io.ErrUnexpectedEOF {
		return corrupt("%d bytes are too few for a database", info.Size()), 0
	} else if err != nil {
		return unknown(err), 0
	}
	if string(header[:len(databaseMagic)]) != databaseMagic {
		return corrupt("it does not begin as a SQLite database"), 0
	}
	if access == closedDatabase {
		return judgeLength(header, info.Size()), info.Size()
	}
	return valid(), info.Size() // of a live one the length may be on its way
}

// judgeLength compares a closed database's length with what its header says.
func judgeLength(header []byte, bytes int64) Verdict {
	pageSize := int64(binary.BigEndian.Uint16(header[16:]))
	if pageSize == 1 {
		pageSize = 65536
	}
	if pageSize < 512 || pageSize&(pageSize-1) != 0 {
		return corrupt("its page size is %d", pageSize)
	}
	// The count of pages holds only if it was written by the version that wrote last.
	if binary.BigEndian.Uint32(header[24:]) != binary.BigEndian.Uint32(header[92:]) {
		return valid()
	}
	if pages := int64(binary.BigEndian.Uint32(header[28:])); pages*pageSize != bytes {
		return corrupt("it has %d bytes, its header says %d", bytes, pages*pageSize)
	}
	return valid()
}

// judgeTables looks for the tables without which there are no games.
func judgeTables(ctx context.Context, db *sql.DB) Verdict {
	for _, need := range []struct{ table, columns string }{
		{"games", "game_id, game_status"}, {"game_moves", "game_id, move_number"},
	} {
		kind, err := texts(ctx, db, `SELECT type FROM sqlite_schema WHERE name = ?`, need.table)
		if err != nil {
			return databaseError(err)
		}
		if len(kind) != 1 || kind[0] != "table" {
			return corrupt("it has no table %s", need.table)
		}
		for column := range strings.SplitSeq(need.columns, ", ") {
			found, err := texts(ctx, db, `SELECT name FROM pragma_table_info(?) WHERE name = ?`, need.table, column)
			if err != nil {
				return databaseError(err)
			}
			if len(found) != 1 {
				return corrupt("its table %s has no column %s", need.table, column)
			}
		}
	}
	return valid()
}

func databaseError(err error) Verdict {
	if IsDamaged(err) {
		return corrupt("SQLite cannot read it: %s", err)
	}
	return unreadable(err)
}

// texts returns the first column of at most 100 rows.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	var all []string
	for rows.Next() && len(all) < 100 {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		all = append(all, text)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}
