package crossprocesspoller

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
)

const reasonEnding = ".reason"

// reject sets a malformed file aside, with the reason beside it, and tells of it. The event comes first: it
// has the same id when a crash makes it come again.
func (p *poller) reject(ctx context.Context, file spoolFile, content []byte, cause error) error {
	event, err := bus.NewEvent(
		bus.EventRejected{File: file.name, SHA256: digest(content), Reason: cause.Error()},
		bus.Origin{Source: string(Type), Node: p.rt.Node, OccurredAt: file.modified, Key: file.name},
	)
	if err != nil {
		return err
	}
	if err := p.rt.Bus.PublishEvent(ctx, event); err != nil {
		return err
	}
	if err := p.spool.setAside(file, cause); err != nil {
		return fmt.Errorf("set malformed spool file aside: %w", err)
	}
	p.rt.Logger.Warn("spool file rejected", "file", file.name, "reason", cause)
	p.mu.Lock()
	p.progress.rejected++
	p.mu.Unlock()
	return p.spool.prune(p.config.KeepRejected)
}

// digest is empty for what could not be read.
func digest(content []byte) string {
	if content == nil {
		return ""
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// setAside writes the reason and then moves the file, so that no rejected file is without one.
func (s spool) setAside(file spoolFile, cause error) error {
	target := s.freeName(file.name)
	temporary := filepath.Join(s.rejected, ".reason")
	if err := os.WriteFile(temporary, []byte(cause.Error()+"\n"), 0o644); err != nil {
		return err
	}
	if err := os.Rename(temporary, target+reasonEnding); err != nil {
		return err
	}
	return ignore(os.Rename(filepath.Join(s.in, file.name), target), os.ErrNotExist)
}

// freeName keeps a second file of one name from replacing the first.
func (s spool) freeName(name string) string {
	path := filepath.Join(s.rejected, name)
	for i := 2; ; i++ {
		if _, err := os.Lstat(path); err != nil {
			return path
		}
		path = filepath.Join(s.rejected, fmt.Sprintf("%s.%d.json", strings.TrimSuffix(name, ".json"), i))
	}
}

// prune deletes the oldest rejected files with their reasons.
func (s spool) prune(keep int) error {
	entries, err := os.ReadDir(s.rejected)
	if err != nil {
		return fmt.Errorf("read rejected spool files: %w", err)
	}
	type reason struct {
		name string
		info fs.FileInfo
	}
	var reasons []reason
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && strings.HasSuffix(entry.Name(), reasonEnding) && !strings.HasPrefix(entry.Name(), ".") {
			reasons = append(reasons, reason{entry.Name(), info})
		}
	}
	slices.SortFunc(reasons, func(a, b reason) int {
		return cmp.Or(a.info.ModTime().Compare(b.info.ModTime()), strings.Compare(a.name, b.name))
	})
	var errs []error
	for _, old := range reasons[:max(len(reasons)-keep, 0)] {
		path := filepath.Join(s.rejected, old.name)
		errs = append(errs, os.RemoveAll(strings.TrimSuffix(path, reasonEnding)), os.Remove(path))
	}
	return errors.Join(errs...)
}
