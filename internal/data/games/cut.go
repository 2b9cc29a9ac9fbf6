package games

import (
	"context"
	"errors"
)

// cut is one call of Cutter.Cut.
type cut struct {
	store   string
	limit   int
	segment Segment
}

// closedFile are the pragmas of a file that is written once, by one connection, and synced by whoever puts
// it to its place.
const closedFile = "&_pragma=journal_mode(MEMORY)&_pragma=synchronous(OFF)&_pragma=page_size(4096)"

func (c *cut) run(ctx context.Context, record, store, into string) error {
	writing, err := openSession(ctx, into, closedFile)
	if err != nil {
		return err
	}
	c.segment.Store = c.store
	err = errors.Join(c.fill(ctx, writing, record, store), writing.close())
	if err != nil || len(c.segment.Games) == 0 {
		return err
	}
	return syncFile(into)
}

func (c *cut) fill(ctx context.Context, writing *session, record, store string) error {
	if err := writing.attach(ctx, store, "source", false); err != nil {
		return err
	}
	if err := writing.attach(ctx, record, "record", false); err != nil {
		return err
	}
	// One transaction reads one moment of the store, however long the cut takes.
	return writing.inTransaction(ctx, "BEGIN", func() error {
		tables, err := writing.readTables(ctx, "source")
		if err != nil {
			return err
		}
		if err := c.choose(ctx, writing, tables); err != nil {
			return err
		}
		if err := writing.setBatch(ctx, c.segment.Games); err != nil {
			return err
		}
		if err := writing.prepareTables(ctx, tables); err != nil {
			return err
		}
		return writing.copyBatch(ctx, "source", tables)
	})
}

// choose finds the games, a page of new ones after the other, since some of a page may be faulty.
func (c *cut) choose(ctx context.Context, writing *session, tables []table) error {
	after := ""
	for {
		missing := c.limit - len(c.segment.Games)
		ids, err := writing.texts(ctx, `SELECT game_id FROM source.games AS g WHERE `+overCondition+` AND game_id > ?
			AND NOT EXISTS (SELECT 1 FROM record.cut WHERE store = ? AND game_id = g.game_id)
			ORDER BY game_id LIMIT ?`, after, c.store, missing+1)
		if err != nil || len(ids) == 0 {
			return err
		}
		if missing == 0 {
			c.segment.More = true
			return nil
		}
		ids = ids[:min(len(ids), missing)]
		if err := c.examine(ctx, writing, tables, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (c *cut) examine(ctx context.Context, writing *session, tables []table, ids []string) error {
	if err := writing.setBatch(ctx, ids); err != nil {
		return err
	}
	return writing.eachGame(ctx, "source", tables, inBatch, func(one game) error {
		if reason := one.fault(); reason != "" {
			c.segment.Faulty++
			c.segment.Faults = addFault(c.segment.Faults, one.id, reason)
			return nil
		}
		c.segment.Games = append(c.segment.Games, one.id)
		return nil
	})
}
