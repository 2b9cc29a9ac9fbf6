package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

// verifyReport is what `data verify -o json` prints.
type verifyReport struct {
	Checked int            `json:"checked"`
	Valid   int            `json:"valid"`
	Bad     []verifiedCopy `json:"bad"`     // proved wrong
	Unknown []verifiedCopy `json:"unknown"` // neither right nor wrong: locked, away, changed meanwhile
}

type verifiedCopy struct {
	Node   string `json:"node,omitempty"` // empty: this one
	Name   string `json:"name"`
	SHA256 string `json:"sha256,omitempty"`
	Reason string `json:"reason"`
}

func (a *app) dataVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify [HASH|NAME]", Short: "Read the files of this node again, or every copy of one file from the nodes that have it",
		Args: cobra.MaximumNArgs(1),
		Long: `verify reads every data file below DATA_DIR again and compares it with the hash that it had; or, given one
file, reads each node's copy of it over HTTP. Nothing is moved or deleted. Exit code 1 says that a copy is wrong.`,
		RunE: func(command *cobra.Command, inputs []string) error {
			var report verifyReport
			var err error
			if len(inputs) == 0 {
				report, err = a.verifyHere(command.Context())
			} else {
				err = a.withQueue(command.Context(), func(l *ledger.Ledger) (err error) {
					report, err = a.verifyCopies(command.Context(), l, inputs[0])
					return err
				})
			}
			if err != nil {
				return err
			}
			report.Bad, report.Unknown = orEmpty(report.Bad), orEmpty(report.Unknown)
			if err := a.print(report, func(w io.Writer) { writeVerified(w, report) }); err != nil {
				return err
			}
			if len(report.Bad) > 0 {
				return fmt.Errorf("wrong bytes in %s", count(len(report.Bad), "file"))
			}
			return nil
		},
	}
}

// verifyHere reads every file of this node again.
func (a *app) verifyHere(ctx context.Context) (report verifyReport, err error) {
	if _, err := os.Stat(a.Config.DataDir); err != nil {
		return report, fmt.Errorf("DATA_DIR: %w", err)
	}
	dir, err := data.Open(data.Config{Path: a.Config.DataDir, Node: a.Config.NodeID})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	inventory, err := dir.Scan(ctx, data.ScanLimits{HashBytes: 1 << 62})
	if err != nil {
		return report, err
	}
	for _, item := range inventory.Items {
		verdict, err := dir.Verify(ctx, item)
		if err != nil {
			return report, err
		}
		report.add(verifiedCopy{Name: item.Place.String(), SHA256: sumOf(item), Reason: verdict.Reason}, verdict.State)
	}
	for _, one := range dir.Changed() {
		report.add(verifiedCopy{Name: one.Item.Place.String(), SHA256: sumOf(one.Item), Reason: one.Reason()}, format.Corrupt)
	}
	return report, nil
}

func sumOf(item data.Item) string {
	if item.Live {
		return "" // it changes all the time; its format was judged
	}
	return item.SHA256.String()
}

func (r *verifyReport) add(checked verifiedCopy, state format.State) {
	r.Checked++
	switch state {
	case format.Valid:
		r.Valid++
	case format.Corrupt:
		r.Bad = append(r.Bad, checked)
	default:
		r.Unknown = append(r.Unknown, checked)
	}
}

// verifyCopies fetches a file from each of its holders into a folder that is thrown away.
func (a *app) verifyCopies(ctx context.Context, l *ledger.Ledger, input string) (report verifyReport, err error) {
	items, err := findItems(ctx, l, input)
	if err != nil {
		return report, err
	}
	token, err := peers.Token(a.Config.DataToken, a.Config.SharedDir())
	if err != nil {
		return report, err
	}
	client, err := transfer.NewClient(transfer.ClientConfig{Token: token})
	if err != nil {
		return report, err
	}
	defer client.Close()
	addresses, err := dataAddresses(ctx, l)
	if err != nil {
		return report, err
	}
	for _, item := range items {
		holders, err := l.Holders(ctx, item.SHA256)
		if err != nil {
			return report, err
		}
		for _, holder := range holders {
			checked := verifiedCopy{Node: holder.Node, Name: holder.Path, SHA256: item.SHA256}
			state, reason := fetchCopy(ctx, client, item, holder.Node, addresses[holder.Node])
			if checked.Reason = reason; ctx.Err() != nil {
				return report, ctx.Err()
			}
			report.add(checked, state)
		}
	}
	return report, nil
}

func dataAddresses(ctx context.Context, l *ledger.Ledger) (map[string]string, error) {
	all, err := l.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	addresses := map[string]string{}
	for _, node := range all {
		addresses[node.ID] = node.Addresses[nodes.AddressData]
	}
	return addresses, nil
}

// fetchCopy proves one node's copy by reading all of it.
func fetchCopy(ctx context.Context, client *transfer.Client, item ledger.Item, node, address string) (format.State, string) {
	if address == "" {
		return format.Unknown, "the node reports no data server"
	}
	sum, err := data.ParseSum(item.SHA256)
	if err != nil {
		return format.Unknown, err.Error()
	}
	path, err := os.MkdirTemp("", "verify-")
	if err != nil {
		return format.Unknown, err.Error()
	}
	defer func() { _ = os.RemoveAll(path) }() // a temporary folder
	dir, err := data.Open(data.Config{Path: path, Node: "starter"})
	if err != nil {
		return format.Unknown, err.Error()
	}
	defer func() { _ = dir.Close() }() // it is thrown away
	_, err = client.Fetch(ctx, dir, transfer.Request{
		Want:    data.Item{Place: data.Place{Role: data.RoleCheckpoint, Name: "copy"}, SHA256: sum, Bytes: item.Bytes},
		Sources: []transfer.Source{peers.SourceOf(node, address)},
	})
	switch {
	case err == nil:
		return format.Valid, ""
	case errors.Is(err, data.ErrMismatch):
		return format.Corrupt, err.Error()
	}
	return format.Unknown, err.Error()
}

func writeVerified(w io.Writer, report verifyReport) {
	row(w, "checked", report.Checked)
	row(w, "valid", report.Valid)
	row(w, "wrong", len(report.Bad))
	row(w, "unknown", len(report.Unknown))
	for _, list := range []struct {
		word   string
		copies []verifiedCopy
	}{{"WRONG", report.Bad}, {"UNKNOWN", report.Unknown}} {
		for _, one := range list.copies {
			row(w, list.word, orDash(one.Node), one.Name, one.Reason)
		}
	}
}
