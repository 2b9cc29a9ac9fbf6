package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// named is what an operator's TYPE[@node] stands for.
type named struct {
	control.Target
	// row is the daemon that really runs; asked is the row of the name that was typed.
	row, asked spec.Daemon
	params     map[string]string
}

// alias says whether the name that was typed is a deprecated one.
func (n named) alias() bool { return n.asked.Deprecated }

// resolve reads TYPE[@node] and follows a deprecated name to its replacement.
func (a *app) resolve(ctx context.Context, input string) (named, error) {
	name, node, hasNode := strings.Cut(input, "@")
	if hasNode && (node == "" || strings.ContainsAny(node, `/\`)) {
		return named{}, usagef("%q is not TYPE@node: %q cannot be a node's name", input, node)
	}
	registry, err := a.tableFor(ctx, name)
	if err != nil {
		return named{}, err
	}
	asked, err := registry.Find(name)
	if err != nil {
		return named{}, err
	}
	row, params, err := registry.Resolve(asked.Type)
	if err != nil {
		return named{}, err
	}
	if hasNode && row.Scope != spec.ScopeNode {
		return named{}, usagef("%s runs once in the cluster, so it has no copy on node %q: leave out @%s", row.Type, node, node)
	}
	return named{Target: control.Target{Type: row.Type, Node: node}, row: row, asked: asked, params: params}, nil
}

// resolveNoting is resolve with a note on standard error when the name is deprecated.
func (a *app) resolveNoting(ctx context.Context, input string) (named, error) {
	found, err := a.resolve(ctx, input)
	if err == nil && found.alias() {
		fmt.Fprintf(a.Err, "note: %s is deprecated and stands for %s\n", found.asked.Type, found.Type)
	}
	return found, err
}

// migrate prints what replaces a deprecated name and how it is started, or refuses to start it without the
// operator's consent.
func (a *app) migrate(found named, allowed bool, how string) error {
	if !found.alias() {
		return nil
	}
	if !allowed {
		return refusef("%s is deprecated: %s. Start %s, or add --allow-deprecated",
			found.asked.Type, strings.TrimRight(found.asked.DeprecatedMessage, "."), found.Type)
	}
	fmt.Fprintf(a.Err, "%s is deprecated: %s\nIt is replaced by %s, which is started under its own name%s.\n",
		found.asked.Type, found.asked.DeprecatedMessage, found.Type, how)
	return nil
}

func withParams(params map[string]string) string {
	if len(params) == 0 {
		return ""
	}
	return " with " + pairs(params)
}

// oneTarget is the rule for the arguments of commands to one daemon.
func oneTarget(command *cobra.Command, arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("%s takes one TYPE or TYPE@node, not %d arguments", command.Name(), len(arguments))
	}
	return nil
}

// exclusive refuses two flags that contradict each other.
func exclusive(command *cobra.Command, one, other string) error {
	if command.Flags().Changed(one) && command.Flags().Changed(other) {
		return usagef("--%s and --%s exclude each other: use one of them", one, other)
	}
	return nil
}

// completeTypes offers the daemons' names for the first argument; those of the file in force if the fleet is quick.
func (a *app) completeTypes(command *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	registry, err := a.table()
	if err != nil || len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var offers []string
	for _, row := range a.inForce(command.Context(), registry, askForCompleted).All() {
		offers = append(offers, fmt.Sprintf("%s\t%s, %s", row.Type, row.Category, row.Status))
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// complete offers fixed values for a flag of a command.
func complete(command *cobra.Command, flag string, values ...string) {
	// The only error is a flag that does not exist; then there is nothing to complete.
	_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
