package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/backup"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/retention"
)

func (a *app) backup() *cobra.Command {
	var check bool
	command := &cobra.Command{
		Use:   "backup DIR|FILE.tar",
		Short: "Back up Temporal's development database, the event bus and the ledger into a new archive",
		Long: `Writes a new archive, a folder or one tar file, of what the installation in DATA_DIR and CLUSTER_DIR knows, while it
runs or not: Temporal's development database, the event bus with its fences, the ledger, events on their way, and the
installation's id. It names what it leaves to you: games, samples and models, and servers of your own.`,
		Example: `  starter backup /backups/monday.tar
  starter backup --check /backups/monday.tar`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			if check {
				return a.checkArchive(command.Context(), arguments[0])
			}
			return a.makeArchive(command.Context(), arguments[0])
		},
	}
	command.Flags().BoolVar(&check, "check", false, "write nothing: read an archive in full and compare it with its manifest")
	return command
}

func (a *app) restore() *cobra.Command {
	return &cobra.Command{
		Use:   "restore DIR|FILE.tar",
		Short: "Make an installation of an archive, in an empty DATA_DIR and CLUSTER_DIR",
		Long: `Reads an archive in full, compares it with its manifest, and makes an installation of it in DATA_DIR and CLUSTER_DIR,
which must be empty or missing. All fences are reset, since nothing of the installation can run yet. Then copy games,
samples and models there, and bring it up.`,
		Example: `  starter restore /backups/monday.tar --data-dir /srv/orchestrator`,
		Args:    cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			if err := checkNamed(arguments[0]); err != nil {
				return err
			}
			config, err := a.keeping()
			if err != nil {
				return err
			}
			restored, err := backup.Restore(command.Context(), config, arguments[0])
			if err != nil {
				return err
			}
			return a.print(restored, func(w io.Writer) { writeRestored(w, config, restored) })
		},
	}
}

// keeping is the installation that a backup or a restore is of.
func (a *app) keeping() (config backup.Config, err error) {
	dataDir, dataErr := filepath.Abs(a.Config.DataDir)
	clusterDir, clusterErr := filepath.Abs(a.Config.SharedDir())
	return backup.Config{
		DataDir: dataDir, ClusterDir: clusterDir, BusURL: a.Config.BusURL(), BusToken: a.Config.BusToken,
		OwnBus: a.Config.NATSURL != "", OwnLedger: a.Config.StoreDSN != "",
		Build: nodes.BuildVersion(), Report: a.showPart, Now: a.Now,
	}, errors.Join(dataErr, clusterErr)
}

// showPart tells of progress beside the output proper.
func (a *app) showPart(part backup.Progress) {
	fmt.Fprintf(a.Err, "%s: %s in %.1f s\n", part.Part, retention.SizeText(part.Bytes), part.Took.Seconds())
}

func (a *app) makeArchive(ctx context.Context, path string) error {
	config, err := a.keeping()
	if err != nil {
		return err
	}
	manifest, err := backup.Backup(ctx, config, path)
	if errors.Is(err, fs.ErrExist) {
		return refusal{err}
	}
	if err != nil {
		return err
	}
	return a.print(manifest, func(w io.Writer) {
		fmt.Fprintf(w, "%s holds %s of %s.\n", path, retention.SizeText(manifest.Bytes()), config.DataDir)
		writeElsewhere(w, manifest)
	})
}

func (a *app) checkArchive(ctx context.Context, path string) error {
	if err := checkNamed(path); err != nil {
		return err
	}
	archive, err := backup.Open(path)
	if err != nil {
		return err
	}
	defer archive.Close()
	if err := archive.Verify(ctx, a.showPart); err != nil {
		return err
	}
	manifest := archive.Manifest
	return a.print(manifest, func(w io.Writer) {
		fmt.Fprintf(w, "%s is whole: %s in %s, taken at %s.\n", path, retention.SizeText(manifest.Bytes()),
			count(len(manifest.Parts), "part"), moment(a.Now(), manifest.StartedAt))
		writeElsewhere(w, manifest)
	})
}

// checkNamed refuses an archive that is not there; whether it is whole is another question.
func checkNamed(archive string) error {
	if unreadable(archive) {
		return usagef("archive %q cannot be read: name a folder or a tar file that `starter backup` has written", archive)
	}
	return nil
}

func writeRestored(w io.Writer, config backup.Config, restored backup.Restored) {
	manifest := restored.Manifest
	fmt.Fprintf(w, "%s holds the installation of %s; %s reset.\n", config.DataDir,
		manifest.StartedAt.Format(time.RFC3339), count(restored.FencesReset, "fence"))
	if restored.ClockBehind {
		fmt.Fprintf(w, "This machine's clock is behind the backup's, whose newest epoch is %s: set it right before `up`.\n", manifest.NewestEpoch.Format(time.RFC3339))
	}
	writeElsewhere(w, manifest)
}

func writeElsewhere(w io.Writer, manifest backup.Manifest) {
	for _, elsewhere := range manifest.Elsewhere {
		fmt.Fprintf(w, "Not in it: %s. %s.\n", elsewhere.What, elsewhere.Do)
	}
}
