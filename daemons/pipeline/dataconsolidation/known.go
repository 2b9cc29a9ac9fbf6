package dataconsolidation

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path"
	"strings"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// known puts the ids of games that a cut before has into a file of this node, from where the job's node fetches it. The
// same ids are the same file.
func (m *merging) known(ctx context.Context, session *ledger.Session, configKey string, ids []string) (jobs.Input, error) {
	if m.files == nil {
		return jobs.Input{}, pipeline.Wait("%d games are in a cut before, and this process has no data folder for their ids", len(ids))
	}
	text := strings.Join(ids, "\n") + "\n"
	sum := data.Sum(sha256.Sum256([]byte(text)))
	want := data.Item{
		Place: data.Place{Role: data.RoleDataset, Name: path.Join(configKey, sum.String()+".ids")}, SHA256: sum, Bytes: int64(len(text)),
	}
	if _, err := m.files.Add(ctx, want, strings.NewReader(text)); err != nil {
		return jobs.Input{}, fmt.Errorf("keep the ids of known games: %w", err)
	}
	item := ledger.Item{SHA256: sum.String(), Role: jobs.ItemRole(want.Role), Name: want.Name, ConfigKey: configKey, Bytes: want.Bytes}
	if _, err := session.AddItem(ctx, item); err != nil {
		return jobs.Input{}, err
	}
	holding := ledger.Holder{SHA256: item.SHA256, Path: jobs.HolderPath(want.Place), State: ledger.CopyVerified}
	if err := session.ReportHoldings(ctx, m.node, []ledger.Holder{holding}); err != nil {
		return jobs.Input{}, err
	}
	return jobs.Input{Name: inputKnown, Role: workload.RoleKnownIDs, Place: want.Place, SHA256: sum, Bytes: want.Bytes}, nil
}
