package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// settle tells what the ledger made of the attempt: to its caller, and by events. It reads what is recorded of
// this token alone, so that a repetition tells the same, even when the job was granted again meanwhile.
func (g *grant) settle(ctx context.Context, report *Report, stop spec.JobStop) (spec.JobOutcome, error) {
	job, err := g.session.Ledger().Job(ctx, g.JobID)
	if errors.Is(err, ledger.ErrNotFound) {
		return spec.JobOutcome{Status: "unknown", Message: "the job is not in the ledger any more"}, nil
	}
	if err != nil {
		return spec.JobOutcome{}, err
	}
	attempt, found, err := g.recorded(ctx)
	if err != nil {
		return spec.JobOutcome{}, err
	}
	if !found || attempt.Outcome == "" || attempt.Outcome == ledger.OutcomeLost {
		return spec.JobOutcome{Status: string(job.Status), Message: "the attempt was taken back before it ended"}, nil
	}
	status := g.status(job, attempt)
	events, err := g.endEvents(ctx, job, attempt, status, report, stop)
	if err != nil {
		return spec.JobOutcome{}, err
	}
	return spec.JobOutcome{Status: string(status), Message: attempt.Error}, g.config.Publish(ctx, events...)
}

func (g *grant) recorded(ctx context.Context) (ledger.Attempt, bool, error) {
	all, err := g.session.Ledger().JobAttempts(ctx, g.JobID)
	for _, attempt := range all {
		if attempt.Token == g.Token {
			return attempt, true, nil
		}
	}
	return ledger.Attempt{}, false, err
}

// status is what the job became by this attempt.
func (g *grant) status(job ledger.Job, attempt ledger.Attempt) ledger.Status {
	switch attempt.Outcome {
	case ledger.OutcomeCompleted:
		return ledger.Completed
	case ledger.OutcomeFailed:
		return ledger.Failed
	case ledger.OutcomeCancelled:
		return ledger.Cancelled
	}
	if job.Token == g.Token && job.Status == ledger.Failed { // it was the last of its attempts
		return ledger.Failed
	}
	return ledger.Pending
}

// endEvents are the facts that the end of an attempt gives, the games first; stop is who made it end, if somebody did.
func (g *grant) endEvents(ctx context.Context, job ledger.Job, attempt ledger.Attempt, status ledger.Status, report *Report, stop spec.JobStop) ([]bus.Event, error) {
	var payloads []bus.Payload
	if report != nil {
		played, err := g.played(ctx, job, report)
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, played...)
		for _, input := range report.Mismatched { // whoever has it looks again at what it has
			payloads = append(payloads, bus.SyncChecksumFailed{RetryCount: int(attempt.Number), DataMove: bus.DataMove{
				Config: bus.ConfigOf(g.ConfigKey), NodeID: g.Node, Role: string(input.Place.Role), Name: input.Place.Name, SHA256: input.SHA256.String(),
			}})
		}
	}
	work := g.workOf(job, attempt.Number)
	seconds := ran(attempt).Seconds()
	fault := bus.WorkFault{Work: work, Error: attempt.Error, ErrorClass: attempt.ErrorClass, DurationSeconds: seconds,
		Permanent: status == ledger.Failed, NodeFault: report != nil && report.Decision.NodeFault}
	switch {
	case status == ledger.Completed:
		payloads = append(payloads, bus.WorkCompleted{Work: work, DurationSeconds: seconds})
	case status == ledger.Failed:
		payloads = append(payloads, bus.WorkFailed{WorkFault: fault})
	case status == ledger.Cancelled:
		payloads = append(payloads, bus.WorkCancelled{Work: work, Reason: job.CancelReason})
	case attempt.Outcome == ledger.OutcomePreempted:
		payloads = append(payloads, bus.JobPreempted{Work: work, Reason: stop.Reason, RuntimeSeconds: seconds})
	default:
		payloads = append(payloads, bus.WorkRetry{WorkFault: fault})
	}
	if attempt.ErrorClass == classDiskFull {
		payloads = append(payloads, bus.DiskSpaceLow{NodeID: g.Node, JobID: g.JobID, Token: g.Token, Reason: attempt.Error, At: attempt.EndedAt})
	}
	return g.events(job, attempt.EndedAt, payloads...)
}

// ran is how long an attempt took; 0 for one that did not start.
func ran(attempt ledger.Attempt) time.Duration {
	if attempt.StartedAt.IsZero() {
		return 0
	}
	return attempt.EndedAt.Sub(attempt.StartedAt)
}

// played tells of the games of a report that were counted.
func (g *grant) played(ctx context.Context, job ledger.Job, report *Report) ([]bus.Payload, error) {
	output, found := gamesOutput(report)
	if !found {
		return nil, nil
	}
	request, err := requestOf(job)
	if err != nil {
		return nil, err
	}
	config, path := bus.ConfigOf(g.ConfigKey), HolderPath(output.Place)
	if request.Command == workload.Selfplay {
		return []bus.Payload{selfplayComplete(config, path, output, request, report)}, nil
	}
	batch, err := g.session.Ledger().Batch(ctx, BatchID(g.JobID, report.Attempt))
	if err != nil || batch.Games == 0 {
		return nil, err
	}
	totals, err := g.session.Ledger().GameTotals(ctx)
	if err != nil {
		return nil, err
	}
	event := bus.NewGamesAvailable{Config: config, Host: report.Node, NewGames: batch.Games, StorePath: path, SHA256: output.SHA256.String()}
	for _, total := range totals {
		if total.ConfigKey == g.ConfigKey {
			event.TotalGames = total.Games
		}
	}
	return []bus.Payload{event}, nil
}

func selfplayComplete(config bus.Config, path string, output Output, request Request, report *Report) bus.Payload {
	var metrics workload.SelfplayMetrics
	var params workload.SelfplayParams
	_, _ = json.Unmarshal(report.Metrics, &metrics), json.Unmarshal(request.Params, &params) // what is missing stays zero
	event := bus.SelfplayComplete{
		Config: config, BatchID: BatchID(report.JobID, report.Attempt), JobID: report.JobID, NodeID: report.Node,
		Engine: params.EngineMode, GamesCompleted: len(report.Games), GamesFailed: max(metrics.GamesFailed, 0), Samples: metrics.Samples,
		Path: path, SHA256: output.SHA256.String(), SearchBudget: params.SearchBudget, DurationSeconds: report.Ended.Sub(report.Started).Seconds(),
	}
	for _, input := range request.Inputs {
		if input.Name == params.Model {
			event.ModelID = input.SHA256.String()[:modelDigits]
		}
	}
	return event
}

// tellStarted says that an attempt begins, and that it does on another node than the last one, if so.
func (g *grant) tellStarted(ctx context.Context, job ledger.Job) error {
	before, err := g.earlier(ctx)
	if err != nil {
		return err
	}
	work := g.workOf(job, job.Attempt)
	payloads := []bus.Payload{bus.WorkStarted{Work: work}}
	if last := len(before) - 1; last >= 0 && before[last].Node != g.Node && !before[last].StartedAt.IsZero() {
		payloads = append(payloads, bus.JobMigrated{Work: work, From: before[last].Node, To: g.Node})
	}
	events, err := g.events(job, job.StartedAt, payloads...)
	if err != nil {
		return err
	}
	return g.config.Publish(ctx, events...)
}

func (g *grant) workOf(job ledger.Job, attempt int64) bus.Work {
	return bus.Work{Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority, NodeID: g.Node,
		Attempt: attempt, Token: g.Token}
}

// events puts facts into their envelopes.
func (g *grant) events(job ledger.Job, at time.Time, payloads ...bus.Payload) ([]bus.Event, error) {
	var events []bus.Event
	for _, payload := range payloads {
		event, err := bus.NewEvent(payload, bus.Origin{
			Source: Party, Node: g.Node, OccurredAt: at, ConfigKey: job.ConfigKey, CorrelationID: job.IterationID,
		})
		if err != nil {
			return nil, fmt.Errorf("event of job %s: %w", job.ID, err)
		}
		events = append(events, event)
	}
	return events, nil
}
