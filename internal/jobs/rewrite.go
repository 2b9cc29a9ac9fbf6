package jobs

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// document is the result of a job: its last report without the games, with what its earlier parts handed over.
func document(job ledger.Job, report *Report) (json.RawMessage, error) {
	request, err := requestOf(job)
	if err != nil {
		return nil, err
	}
	kept := *report
	kept.Games = nil
	kept.Outputs = append(append([]Output{}, request.Parts...), report.Outputs...)
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("the result of job %s: %w", job.ID, err)
	}
	return text, nil
}

// halved returns the request with half the batch or, where it names none, half the threads; nil if it is at the
// floor of one already.
func halved(job ledger.Job) (json.RawMessage, error) {
	const batchSize = "batch_size"
	return rewritten(job, func(request *Request, params map[string]json.RawMessage) (bool, error) {
		var batch int64
		if json.Unmarshal(params[batchSize], &batch) == nil && batch > 1 {
			return true, set(params, batchSize, batch/2)
		}
		threads := request.Threads
		if threads == 0 {
			threads = int(math.Ceil(job.Resources.CPU))
		}
		if threads <= 1 {
			return false, nil
		}
		request.Threads = threads / 2
		return true, nil
	})
}

// remainder returns the request for the games that a part of the work has left over. Other commands do all of
// their work again, from their last checkpoint.
func remainder(job ledger.Job, report *Report) (json.RawMessage, error) {
	const games = "games"
	return rewritten(job, func(request *Request, params map[string]json.RawMessage) (bool, error) {
		output, found := gamesOutput(report)
		var wanted int
		if request.Command != workload.Selfplay || !found || json.Unmarshal(params[games], &wanted) != nil {
			return false, nil
		}
		request.Parts = append(request.Parts, output)
		return true, set(params, games, max(1, wanted-len(report.Games)))
	})
}

// rewritten returns a job's request after a change, nil if there was none.
func rewritten(job ledger.Job, change func(*Request, map[string]json.RawMessage) (bool, error)) (json.RawMessage, error) {
	request, err := requestOf(job)
	if err != nil {
		return nil, err
	}
	params := map[string]json.RawMessage{}
	if len(request.Params) > 0 {
		if err := json.Unmarshal(request.Params, &params); err != nil {
			return nil, fmt.Errorf("the params of job %s: %w", job.ID, err)
		}
	}
	changed, err := change(&request, params)
	if err != nil || !changed {
		return nil, err
	}
	if request.Params, err = json.Marshal(params); err != nil {
		return nil, fmt.Errorf("the params of job %s: %w", job.ID, err)
	}
	text, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("the request of job %s: %w", job.ID, err)
	}
	return text, nil
}

func set(params map[string]json.RawMessage, name string, value any) error {
	text, err := json.Marshal(value)
	params[name] = text
	return err
}
