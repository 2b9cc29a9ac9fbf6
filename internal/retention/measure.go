package retention

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxFiles bounds how many files are looked at; beyond it a size is unknown.
const maxFiles = 2_000_000

// Use is what a row takes of the disk now.
type Use struct {
	Row
	Size Size `json:"use"`
}

// Size is a number of bytes and files, if they could be counted.
type Size struct {
	Known bool   `json:"known"`
	Bytes int64  `json:"bytes"`
	Files int64  `json:"files"`
	Why   string `json:"why,omitempty"` // it is not known
}

// Report is what an installation keeps on this machine.
type Report struct {
	DataDir    string `json:"data_dir"`
	ClusterDir string `json:"cluster_dir"`
	Rows       []Use  `json:"rows"`
	// Total is all of both folders, also what no row names.
	Total Size `json:"total"`
	// DiskBytes and DiskFree are of the file system that DATA_DIR is on: what is used and free together, as df counts.
	DiskBytes int64  `json:"disk_bytes"`
	DiskFree  int64  `json:"disk_free_bytes"`
	Budget    int64  `json:"budget_bytes"`
	State     State  `json:"state"`
	Note      string `json:"note,omitempty"`
}

// Measure counts what is in both folders. A budget of 0 is what DATA_DIR's disk has room for.
func Measure(ctx context.Context, dataDir, clusterDir string, budget int64) (Report, error) {
	report := Report{DataDir: dataDir, ClusterDir: clusterDir, Budget: budget}
	var disk unix.Statfs_t
	if err := unix.Statfs(dataDir, &disk); err != nil {
		return report, fmt.Errorf("ask for the disk of DATA_DIR %s: %w", dataDir, err)
	}
	report.DiskBytes, report.DiskFree = int64(disk.Blocks-disk.Bfree+disk.Bavail)*int64(disk.Bsize), int64(disk.Bavail)*int64(disk.Bsize)
	for _, row := range Table() {
		use := Use{Row: row, Size: Size{Why: "it has no files of its own"}}
		if dir := map[Root]string{RootData: dataDir, RootCluster: clusterDir}[row.Root]; dir != "" {
			use.Size = measure(ctx, dir, row.Paths)
		}
		report.Rows = append(report.Rows, use)
	}
	report.Total = measure(ctx, dataDir, []string{"."})
	if !within(clusterDir, dataDir) {
		report.Total = report.Total.plus(measure(ctx, clusterDir, []string{"."}))
	}
	report.State, report.Note = judge(report)
	return report, ctx.Err()
}

// measure counts what matches the patterns below a folder. What is not there takes nothing.
func measure(ctx context.Context, dir string, patterns []string) Size {
	sum := Size{Known: true}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(escape(dir), pattern))
		if err != nil {
			return Size{Why: err.Error()}
		}
		for _, path := range found {
			sum = sum.plus(walk(ctx, path))
		}
	}
	return sum
}

func walk(ctx context.Context, root string) Size {
	sum := Size{Known: true}
	err := filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || entry.IsDir() {
			return gone(err)
		}
		info, err := entry.Info()
		if err != nil {
			return gone(err)
		}
		if sum.Files++; sum.Files > maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		sum.Bytes += info.Size()
		return nil
	})
	if err != nil {
		return Size{Why: err.Error()}
	}
	return sum
}

// gone forgives what was deleted while it was counted.
func gone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (s Size) plus(other Size) Size {
	if !s.Known || !other.Known {
		return Size{Why: s.Why + other.Why}
	}
	return Size{Known: true, Bytes: s.Bytes + other.Bytes, Files: s.Files + other.Files}
}

// within says whether a folder is the other one, or below it.
func within(dir, other string) bool {
	relative, err := filepath.Rel(other, dir)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// escape keeps a folder's own name from being taken for a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
