package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// wantedCopies are what `data missing` asks for unless it is told otherwise.
	wantedCopies = 2
	// aliveFor is how old the last sign of a node may be for its copies to count.
	aliveFor = time.Minute
	// searchedItems bounds the search by name.
	searchedItems = 100_000
)

func (a *app) data() *cobra.Command {
	command := &cobra.Command{
		Use:   "data",
		Short: "See which nodes have which files, and prove that they are right",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(a.dataHolders(), a.dataMissing(), a.dataVerify())
	return command
}

// holdersReport is what `data holders -o json` prints.
type holdersReport struct {
	Items []heldItem `json:"items"`
}

type heldItem struct {
	ledger.Item
	Holders    []ledger.Holder   `json:"holders"`
	Deliveries []ledger.Delivery `json:"deliveries"` // that are not done
}

func (a *app) dataHolders() *cobra.Command {
	return &cobra.Command{
		Use: "holders HASH|NAME", Short: "List the copies of a file: by its SHA-256 or the beginning of it, or by its name", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, inputs []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := readHolders(command.Context(), l, inputs[0])
				if err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { a.writeHolders(w, report) })
			})
		},
	}
}

func readHolders(ctx context.Context, l *ledger.Ledger, input string) (holdersReport, error) {
	items, err := findItems(ctx, l, input)
	report := holdersReport{Items: []heldItem{}}
	if err != nil {
		return report, err
	}
	for _, item := range items {
		held := heldItem{Item: item, Deliveries: []ledger.Delivery{}}
		holders, err := l.Holders(ctx, item.SHA256)
		if err != nil {
			return report, err
		}
		held.Holders = orEmpty(holders)
		deliveries, err := l.Deliveries(ctx, item.SHA256, ledger.Page{Limit: 1000})
		if err != nil {
			return report, err
		}
		for _, delivery := range deliveries.Items {
			if delivery.State != ledger.DeliveryVerified {
				held.Deliveries = append(held.Deliveries, delivery)
			}
		}
		report.Items = append(report.Items, held)
	}
	return report, nil
}

// findItems finds files by hash, by eight digits of it or more, or by name; several may have had one name.
func findItems(ctx context.Context, l *ledger.Ledger, input string) ([]ledger.Item, error) {
	if item, err := l.Item(ctx, input); !errors.Is(err, ledger.ErrNotFound) {
		return []ledger.Item{item}, err
	}
	var found []ledger.Item
	page := ledger.Page{Limit: 1000}
	for searched := 0; searched < searchedItems; searched += page.Limit {
		list, err := l.Items(ctx, ledger.ItemFilter{}, page)
		if err != nil {
			return nil, err
		}
		for _, item := range list.Items {
			if item.Name == input || strings.HasSuffix(item.Name, "/"+input) || len(input) >= 8 && strings.HasPrefix(item.SHA256, input) {
				found = append(found, item)
			}
		}
		if page.After = list.Next; page.After == "" {
			break
		}
	}
	if len(found) == 0 {
		return nil, usagef("no file %q is in the catalog: give a SHA-256, its first eight digits, or a name that `starter data missing` or a job shows", input)
	}
	return found, nil
}

func (a *app) writeHolders(w io.Writer, report holdersReport) {
	for i, item := range report.Items {
		if i > 0 {
			row(w)
		}
		row(w, "file", item.Name)
		row(w, "sha256", item.SHA256)
		row(w, "role", item.Role)
		row(w, "bytes", item.Bytes)
		row(w)
		row(w, "NODE", "STATE", "VERIFIED", "SEEN", "PATH")
		for _, holder := range item.Holders {
			row(w, holder.Node, holder.State, age(a.Now(), holder.VerifiedAt), age(a.Now(), holder.LastSeen), holder.Path)
		}
		for _, delivery := range item.Deliveries {
			row(w, delivery.Node, "delivery "+string(delivery.State), "-", age(a.Now(), delivery.UpdatedAt), orDash(delivery.Error))
		}
	}
}

// missingReport is what `data missing -o json` prints.
type missingReport struct {
	Node  string               `json:"node,omitempty"`   // it lacks these
	Want  int                  `json:"copies,omitempty"` // fewer nodes than this have them
	Items []ledger.Replication `json:"items"`
	More  bool                 `json:"more"`
}

type missingFlags struct {
	node   string
	copies int
	filter ledger.ItemFilter
	limit  int
}

func (a *app) dataMissing() *cobra.Command {
	flags := missingFlags{}
	command := &cobra.Command{
		Use: "missing", Short: "List files that too few nodes have, or that one node lacks", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if role := flags.filter.Role; role != "" && !slices.Contains(itemRoles(), role) {
				return usagef("--role %q: choose one of %s", role, names(itemRoles()))
			}
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := readMissing(command.Context(), l, flags)
				if err != nil {
					return err
				}
				if err := a.checkFilter(command.Context(), len(report.Items), flags.filter.ConfigKey); err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { writeMissing(w, report) })
			})
		},
	}
	command.Flags().StringVar(&flags.node, "node", "", "list what this node lacks instead")
	command.Flags().IntVar(&flags.copies, "copies", wantedCopies, "how many living nodes should have a file, verified")
	command.Flags().StringVar(&flags.filter.Role, "role", "", "only one of "+names(itemRoles()))
	command.Flags().StringVar(&flags.filter.ConfigKey, "config", "", "only files of this config, such as hex8_2p")
	command.Flags().IntVar(&flags.limit, "limit", 100, "list at most so many, up to 1000")
	complete(command, "role", itemRoles()...)
	return command
}

// itemRoles are what files are for by the catalog.
func itemRoles() (roles []string) {
	for _, folder := range data.Layout() {
		roles = append(roles, jobs.ItemRole(folder.Role))
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

func readMissing(ctx context.Context, l *ledger.Ledger, flags missingFlags) (missingReport, error) {
	page := ledger.Page{Limit: flags.limit}
	if flags.node == "" {
		list, err := l.UnderReplicated(ctx, flags.copies, aliveFor, flags.filter, page)
		return missingReport{Want: flags.copies, Items: orEmpty(list.Items), More: list.Next != ""}, err
	}
	report := missingReport{Node: flags.node, Items: []ledger.Replication{}}
	if _, err := nodeNamed(ctx, l, flags.node); err != nil {
		return report, err
	}
	list, err := l.MissingOn(ctx, flags.node, flags.filter, page)
	if err != nil {
		return report, err
	}
	report.More = list.Next != ""
	for _, item := range list.Items {
		holders, err := l.Holders(ctx, item.SHA256)
		if err != nil {
			return report, err
		}
		report.Items = append(report.Items, ledger.Replication{Item: item, Replicas: int64(len(holders))})
	}
	return report, nil
}

func writeMissing(w io.Writer, report missingReport) {
	row(w, "COPIES", "ROLE", "CONFIG", "BYTES", "SHA256", "NAME")
	for _, item := range report.Items {
		row(w, item.Replicas, item.Role, orDash(item.ConfigKey), item.Bytes, item.SHA256[:16], item.Name)
	}
	if report.More {
		row(w, "… there are more: give a higher --limit")
	}
}
