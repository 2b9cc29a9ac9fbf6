package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	childRole   = "LEDGER_TEST_ROLE"
	childLedger = "LEDGER_TEST_CONFIG"
)

// child is this test binary as another process that plays a role with a ledger.
func child(t testing.TB, role string, config ledger.Config) *exec.Cmd {
	t.Helper()
	place, err := json.Marshal(config)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), childRole+"="+role, childLedger+"="+string(place))
	command.Stderr = os.Stderr
	return command
}

// runAsChild plays the role of a child and does not return, unless this process is none.
func runAsChild() {
	roles := map[string]func(context.Context, *ledger.Ledger) error{
		"open":   func(context.Context, *ledger.Ledger) error { return nil },
		"claim":  claimAll,
		"record": recordForEver,
		"loop":   loopForEver,
	}
	act, found := roles[os.Getenv(childRole)]
	if !found {
		return
	}
	if err := play(act); err != nil {
		fmt.Fprintf(os.Stderr, "child %s: %v\n", os.Getenv(childRole), err)
		os.Exit(1)
	}
	os.Exit(0)
}

func play(act func(context.Context, *ledger.Ledger) error) error {
	var config ledger.Config
	if err := json.Unmarshal([]byte(os.Getenv(childLedger)), &config); err != nil {
		return err
	}
	l, err := ledger.Open(context.Background(), config)
	if err != nil {
		return err
	}
	return errors.Join(act(context.Background(), l), l.Close())
}

// claimAll claims jobs until there are none, and tells which.
func claimAll(ctx context.Context, l *ledger.Ledger) error {
	s := l.Session("operator", 0)
	for {
		jobs, err := l.JobCandidates(ctx, ledger.CandidateFilter{Limit: 20})
		if err != nil || len(jobs) == 0 {
			return err
		}
		for _, j := range jobs {
			claimed, err := s.ClaimJob(ctx, j.ID, fmt.Sprint("node-", os.Getpid()), time.Minute)
			if errors.Is(err, ledger.ErrConflict) {
				continue // another one was faster
			}
			if err != nil {
				return err
			}
			fmt.Println(claimed.ID, claimed.Token)
		}
	}
}

// recordForEver records games and completes jobs, and tells what the ledger has confirmed.
func recordForEver(ctx context.Context, l *ledger.Ledger) error {
	s := l.Session("operator", 0)
	for i := 0; ; i++ {
		name := fmt.Sprintf("%d-%d", os.Getpid(), i)
		file := ledger.GameFile{SHA256: sum(name), ConfigKey: "sq5_2p", BatchID: name, Games: 250}
		if _, err := s.RecordGames(ctx, file, games(name, 250)); err != nil {
			return err
		}
		submitted, err := s.SubmitJob(ctx, jobSpec(name))
		if err != nil {
			return err
		}
		claimed, err := s.ClaimJob(ctx, submitted.Job.ID, "node-1", time.Minute)
		if err != nil {
			return err
		}
		if _, err := s.CompleteJob(ctx, claimed.Lease(), nil); err != nil {
			return err
		}
		fmt.Println(name)
	}
}

// loopForEver records files, cuts them and does a stage, iteration by iteration, and tells what the ledger has
// confirmed: the number of the iteration and how many files its cut has.
func loopForEver(ctx context.Context, l *ledger.Ledger) error {
	s := l.Session("operator", 0)
	for i := 0; ; i++ {
		name := fmt.Sprintf("%d-%d", os.Getpid(), i)
		iteration, err := s.StartIteration(ctx, "sq5_2p", name, "COLLECTING")
		if err != nil {
			return err
		}
		for part := range 5 {
			if _, err := s.RecordGames(ctx, gameFile(fmt.Sprint(name, "-", part), 1), games(fmt.Sprint(name, "-", part), 1)); err != nil {
				return err
			}
		}
		files, err := s.CutGames(ctx, "sq5_2p", iteration.Number)
		if err != nil {
			return err
		}
		key := ledger.StageKey{ConfigKey: "sq5_2p", Iteration: iteration.Number, Stage: "EXPORTING"}
		if _, err := s.OrderStage(ctx, ledger.StageOrder{StageKey: key, Attempt: 1}); err != nil {
			return err
		}
		if _, err := s.EndStage(ctx, key, 1, ledger.StageEnd{State: ledger.StageDone}); err != nil {
			return err
		}
		fmt.Println(iteration.Number, len(files))
	}
}
