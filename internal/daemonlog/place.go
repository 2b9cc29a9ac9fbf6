package daemonlog

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Place is behind a line of a log: the file, by its number on the disk, and the offset in it in bytes. The number stays
// when the file is moved by a rotation. The zero Place is nowhere.
type Place struct {
	File   uint64
	Offset int64
}

// String is FILE-OFFSET.
func (p Place) String() string { return fmt.Sprintf("%d-%d", p.File, p.Offset) }

// ParsePlace is the inverse of String.
func ParsePlace(text string) (Place, error) {
	file, offset, _ := strings.Cut(text, "-")
	number, err := strconv.ParseUint(file, 10, 64)
	if err != nil {
		return Place{}, fmt.Errorf("%.64q is not a place in a log: send the last one you received", text)
	}
	at, err := strconv.ParseInt(offset, 10, 64)
	if err != nil || at < 0 {
		return Place{}, fmt.Errorf("%.64q is not a place in a log: send the last one you received", text)
	}
	return Place{number, at}, nil
}

// numberOf is the number of a file on its disk.
func numberOf(info os.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}

// chain lists the files of a log that are there, the oldest first.
func chain(path string) []string {
	var files []string
	for place := 0; ; place++ {
		file := path
		if place > 0 {
			file += "." + strconv.Itoa(place)
		}
		if _, err := os.Stat(file); err != nil {
			if place > 0 {
				return files
			}
			continue // between a rotation and the first line after it
		}
		files = append([]string{file}, files...)
	}
}

// follower is the file that came after the one with a number: the present one if none is known to.
func follower(path string, number uint64) string {
	files := chain(path)
	for i, file := range files[:max(0, len(files)-1)] {
		if info, err := os.Stat(file); err == nil && numberOf(info) == number {
			return files[i+1]
		}
	}
	return filepath.Clean(path)
}
