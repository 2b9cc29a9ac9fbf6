package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of a workload's folder.
const (
	MaxFolderFiles = 20_000
	MaxFolderBytes = 4 << 30
)

// HashFile returns the SHA-256 of a file in hexadecimal, and its size.
func HashFile(path string) (hash string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("hash: %w", err)
	}
	defer file.Close()
	return hashReader(file)
}

func hashReader(file *os.File) (string, int64, error) {
	digest := sha256.New()
	size, err := io.Copy(digest, file)
	if err != nil {
		return "", 0, fmt.Errorf("hash %s: %w", file.Name(), err)
	}
	return hex.EncodeToString(digest.Sum(nil)), size, nil
}

// HashFolder returns the identity of a folder's contents: the hash over the sorted list of its files, each
// with its path, its hash, and whether it may be executed. Symbolic links count by what they say, and must
// stay inside. Names that begin with a dot and Python's compiled files are left out.
func HashFolder(dir string) (string, error) {
	digest := sha256.New()
	files, bytes := 0, int64(0)
	// WalkDir goes through names in lexical order, so the list is sorted.
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != dir && ignored(entry.Name()) {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		line, size, err := hashEntry(dir, path, entry)
		if err != nil {
			return err
		}
		files, bytes = files+1, bytes+size
		if files > MaxFolderFiles || bytes > MaxFolderBytes {
			return fmt.Errorf("more than %d files or %d bytes: keep data out of a workload's folder", MaxFolderFiles, int64(MaxFolderBytes))
		}
		_, err = io.WriteString(digest, line)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash the folder %s: %w", dir, err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

func ignored(name string) bool { return strings.HasPrefix(name, ".") || name == "__pycache__" }

// hashEntry returns the line of one file. The path is quoted, so that no name can look like two lines.
func hashEntry(dir, path string, entry fs.DirEntry) (line string, size int64, err error) {
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return "", 0, err
	}
	info, err := entry.Info()
	if err != nil {
		return "", 0, err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return "", 0, err
		}
		if filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), target)) {
			return "", 0, fmt.Errorf("%s is a link to %s, outside the folder: copy the file instead", name, target)
		}
		return fmt.Sprintf("link %q %q\n", filepath.ToSlash(name), filepath.ToSlash(target)), 0, nil
	case !info.Mode().IsRegular():
		return "", 0, fmt.Errorf("%s is neither a file, a folder nor a link", name)
	}
	hash, size, err := HashFile(path)
	if err != nil {
		return "", 0, err
	}
	kind := "file"
	if info.Mode()&0o111 != 0 {
		kind = "program"
	}
	return fmt.Sprintf("%s %q %s\n", kind, filepath.ToSlash(name), hash), size, nil
}
