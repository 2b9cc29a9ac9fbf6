package jobs

import (
	"path"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
)

// played is what the name of a games file tells of games that are no new selfplay: what they were played or written for.
func played(command workload.Command) string {
	if command == workload.Selfplay {
		return ""
	}
	return "." + string(command)
}

// PlayedToJudge says whether the name of a games file tells that its games were played to judge models: in an evaluation
// or a match. They are evidence, on whichever node the file lies, and nothing that a configuration learns from.
func PlayedToJudge(name string) bool {
	for _, command := range []workload.Command{workload.Evaluate, workload.Match} {
		if strings.HasSuffix(path.Base(name), played(command)+".db") {
			return true
		}
	}
	return false
}
