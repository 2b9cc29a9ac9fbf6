package ledger

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// migrations are one statement block each, which both databases take in one round trip and which spares goose to
// look for the ends of statements.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. The caller sees to it that one process at a time does.
func (l *Ledger) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(l.dialect.goose, l.writer, files,
		goose.WithTableName("ledger_versions"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, known, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the version of the schema: %w", err)
	case current > known:
		return fmt.Errorf("the schema has version %d, this build knows %d: run a newer build, or restore a backup from before the upgrade: %w",
			current, known, ErrNewerSchema)
	case current == known:
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the schema from version %d to %d: %w", current, known, err)
	}
	return nil
}
