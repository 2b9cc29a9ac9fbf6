package data

import (
	"fmt"
	"io/fs"
	"syscall"
)

func identify(info fs.FileInfo) (identity, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}, fmt.Errorf("identify %s: the file system tells no inode", info.Name())
	}
	return identity{
		device: stat.Dev, inode: stat.Ino, bytes: stat.Size,
		modified: stat.Mtim.Nano(), changed: stat.Ctim.Nano(),
	}, nil
}
