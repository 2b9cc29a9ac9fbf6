package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

// operatorName is how the ledger names writers that are no daemon.
const operatorName = "operator"

// recordsReport is what `nodes list -o json` prints.
type recordsReport struct {
	Nodes []ledger.Node `json:"nodes"`
}

// nodeVerbs are the commands on the ledger's node records.
func (a *app) nodeVerbs() []*cobra.Command {
	return []*cobra.Command{
		a.nodeList(), a.nodeShow(),
		a.nodeVerb("cordon", "Give a node no new jobs; those it has go on", ledger.NodeCordoned),
		a.nodeVerb("uncordon", "Let a node take jobs again", ledger.NodeActive),
		a.nodeVerb("drain", "Give a node no new jobs and move those it has; its daemons stay until its worker stops", ledger.NodeDraining),
		a.nodeRemove(),
	}
}

func (a *app) nodeList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the nodes with what is known and wanted of them", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withLedger(command.Context(), func(ctx context.Context, l *ledger.Ledger) error {
				records, err := l.Nodes(ctx)
				if err != nil {
					return err
				}
				return a.print(recordsReport{orEmpty(records)}, func(w io.Writer) { a.writeRecords(w, records) })
			})
		},
	}
}

func (a *app) nodeShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NODE", Short: "Show one node: its addresses, its capacity, its health and since when", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			return a.withNode(command.Context(), arguments[0], func(_ context.Context, _ *ledger.Ledger, record ledger.Node) error {
				return a.print(record, func(w io.Writer) { a.writeRecord(w, record) })
			})
		},
	}
}

func (a *app) nodeVerb(verb, short string, desired ledger.Desired) *cobra.Command {
	var reason string
	command := &cobra.Command{
		Use: verb + " NODE", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			return a.withNode(command.Context(), arguments[0], func(ctx context.Context, l *ledger.Ledger, record ledger.Node) error {
				return a.want(ctx, l, record, desired, reason)
			})
		},
	}
	command.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return command
}

func (a *app) nodeRemove() *cobra.Command {
	var reason string
	var force bool
	command := &cobra.Command{
		Use: "remove NODE", Short: "Make a node that is gone no member any more, and forget its daemons; uncordon takes it back", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			return a.withNode(command.Context(), arguments[0], func(ctx context.Context, l *ledger.Ledger, record ledger.Node) error {
				if lives := record.Health == ledger.NodeHealthy || record.Health == ledger.NodeSuspect; lives && !force {
					return refusef("node %s is %s: stop its worker first, or add --force", record.ID, record.Health)
				}
				return a.want(ctx, l, record, ledger.NodeRemoved, reason)
			})
		},
	}
	command.Flags().StringVar(&reason, "reason", "", "why, for the record")
	command.Flags().BoolVar(&force, "force", false, "also while the node lives")
	return command
}

// want records what the operator wants of a node, and prints the record as it is then. That a node is removed, or
// taken back, is the fleet's matter too: it hears of it first, so that what is recorded was also done.
func (a *app) want(ctx context.Context, l *ledger.Ledger, record ledger.Node, desired ledger.Desired, reason string) error {
	removed := record.Desired == ledger.NodeRemoved
	if removed && desired != ledger.NodeRemoved && desired != ledger.NodeActive {
		return refusef("node %s is removed: `starter nodes uncordon %s` takes it back first", record.ID, record.ID)
	}
	if removed || desired == ledger.NodeRemoved {
		if err := a.tellFleet(ctx, record.ID, desired); err != nil {
			return err
		}
	}
	if err := l.Session(operatorName, 0).SetDesired(ctx, record.ID, desired, a.Config.Operator, reason); err != nil {
		return err
	}
	record, err := l.Node(ctx, record.ID)
	if err != nil {
		return err
	}
	return a.print(record, func(w io.Writer) { fmt.Fprintf(w, "%s is %s now\n", record.ID, record.Desired) })
}

// tellFleet makes the supervisor forget a node, or take it back. Without a supervisor there is nobody to tell: the
// next one knows only the nodes whose workers run.
func (a *app) tellFleet(ctx context.Context, id string, desired ledger.Desired) error {
	err := a.withFleet(ctx, func(fleet *control.Client) error {
		if desired == ledger.NodeRemoved {
			return fleet.RemoveNode(ctx, id)
		}
		return fleet.RestoreNode(ctx, id)
	})
	if is[*control.NotUpError](err) {
		return nil
	}
	return err
}

// withNode runs act with a node's record.
func (a *app) withNode(ctx context.Context, id string, act func(context.Context, *ledger.Ledger, ledger.Node) error) error {
	return a.withLedger(ctx, func(ctx context.Context, l *ledger.Ledger) error {
		record, err := nodeNamed(ctx, l, id)
		if err != nil {
			return err
		}
		return act(ctx, l, record)
	})
}

// nodeNamed is a node's record; a name that no node has is a usage error.
func nodeNamed(ctx context.Context, l *ledger.Ledger, id string) (ledger.Node, error) {
	record, err := l.Node(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return record, usagef("no node %q: `starter nodes list` names them", id)
	}
	return record, err
}

// withLedger runs act with the ledger open.
func (a *app) withLedger(ctx context.Context, act func(context.Context, *ledger.Ledger) error) error {
	opened, err := a.OpenLedger(ctx, a.Config)
	if err != nil {
		return err
	}
	return errors.Join(act(ctx, opened), opened.Close())
}

func (a *app) writeRecords(w io.Writer, records []ledger.Node) {
	row(w, "NODE", "WANTED", "HEALTH", "SEEN", "ROLES", "CPUS", "MEMORY", "GPUS")
	for _, record := range records {
		capacity := capacityOf(record)
		row(w, record.ID, record.Desired, record.Health, age(a.Now(), record.LastSeen), rolesCell(record.Roles),
			known(capacity.CPUs, func(cpus float64) string { return fmt.Sprintf("%g", cpus) }),
			known(capacity.Memory, freeOf), known(capacity.GPUs, func(gpus []nodes.GPU) string { return fmt.Sprint(len(gpus)) }))
	}
}

func (a *app) writeRecord(w io.Writer, record ledger.Node) {
	capacity := capacityOf(record)
	row(w, "node", record.ID)
	row(w, "wanted", fmt.Sprintf("%s, %s ago%s", record.Desired, age(a.Now(), record.DesiredAt), byWhom(record.DesiredBy, record.DesiredReason)))
	row(w, "health", fmt.Sprintf("%s, since %s%s", record.Health, age(a.Now(), record.HealthAt), byWhom("", record.HealthReason)))
	row(w, "seen", age(a.Now(), record.LastSeen)+" ago, joined "+age(a.Now(), record.JoinedAt)+" ago")
	row(w, "roles", rolesCell(record.Roles))
	row(w, "labels", names(record.Labels))
	row(w, "version", orDash(record.Version))
	for _, purpose := range slices.Sorted(maps.Keys(record.Addresses)) {
		row(w, purpose, record.Addresses[purpose])
	}
	row(w, "cpus", known(capacity.CPUs, func(cpus float64) string { return fmt.Sprintf("%g", cpus) }))
	row(w, "load", known(capacity.Load, func(load float64) string { return fmt.Sprintf("%.2f", load) }))
	row(w, "memory", known(capacity.Memory, freeOf))
	row(w, "disk", known(capacity.Disk, freeOf))
	row(w, "gpus", known(capacity.GPUs, describeGPUs))
}

// capacityOf reads a record's capacity; one that cannot be read is unknown in all its values.
func capacityOf(record ledger.Node) (capacity nodes.Capacity) {
	if json.Unmarshal(record.Capacity, &capacity) != nil {
		return nodes.Capacity{}
	}
	return capacity
}

// known shows a value, or that it is unknown.
func known[T any](m nodes.Measured[T], show func(T) string) string {
	value, ok := m.Get()
	switch {
	case ok:
		return show(value)
	case m.Fault != "":
		return "unknown (" + m.Fault + ")"
	}
	return "unknown"
}

func freeOf(space nodes.Space) string {
	const gib = 1 << 30
	return fmt.Sprintf("%.1f of %.1f GiB free", float64(space.Free)/gib, float64(space.Total)/gib)
}

func describeGPUs(gpus []nodes.GPU) string {
	list := make([]string, len(gpus))
	for i, gpu := range gpus {
		list[i] = gpu.Name
	}
	return names(list)
}

func rolesCell(roles []string) string {
	if len(roles) == 0 {
		return "all"
	}
	return names(roles)
}

func byWhom(who, why string) string {
	text := ""
	if who != "" {
		text = " by " + who
	}
	if why != "" {
		text += ": " + why
	}
	return text
}
