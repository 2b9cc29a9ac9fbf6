package jobs

import (
	"fmt"
	"path"
	"strings"

	"github.com/ringrift/orchestrator/internal/data"
)

const (
	checkpointForm  = "%03d-%012d-%s.ckpt"
	checkpointParts = 3 // config, job, file
)

// checkpointPlace is where nodes keep a checkpoint. The name tells what it is one of and how far that was, so that a copy
// needs nobody who remembers it.
func checkpointPlace(configKey, jobID string, part int, step int64, sum data.Sum) data.Place {
	return data.Place{Role: data.RoleCheckpoint, Name: path.Join(configKey, jobID, fmt.Sprintf(checkpointForm, part, step, sum))}
}

// CheckpointAt reads from the place of a file which job's checkpoint it is, and which one; false if it is none.
func CheckpointAt(place data.Place) (jobID string, from Checkpoint, is bool) {
	folders := strings.Split(place.Name, "/")
	if place.Role != data.RoleCheckpoint || len(folders) != checkpointParts {
		return "", from, false
	}
	var sum string
	file := strings.TrimSuffix(folders[2], ".ckpt")
	if _, err := fmt.Sscanf(file, "%03d-%012d-%s", &from.Part, &from.Step, &sum); err != nil {
		return "", from, false
	}
	parsed, err := data.ParseSum(sum)
	from.Place, from.SHA256 = place, parsed
	return folders[1], from, err == nil
}
