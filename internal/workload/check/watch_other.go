//go:build !linux

package check

import "github.com/ringrift/orchestrator/internal/workload"

// folderWatch sees nothing on this system: commands run on Linux only.
type folderWatch struct{}

type fileOrder struct {
	inPlace bool
	later   []string
}

func watchFolder(*workload.Attempt) (*folderWatch, error) { return &folderWatch{}, nil }

func (*folderWatch) order() (fileOrder, error) { return fileOrder{}, nil }
