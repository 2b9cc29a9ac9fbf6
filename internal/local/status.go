package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// daemonsOnly is the filter of the Web UI's list without jobs, of which there are soon hundreds.
const daemonsOnly = "%60" + spec.AttributeType + "%60+is+not+null"

// Status prints which of the installation's processes run, and what its daemons do.
func (i *Installation) Status(ctx context.Context) error {
	i, err := i.asItRuns()
	if err != nil {
		return err
	}
	table := i.table()
	up, err := i.services(table)
	if err := errors.Join(err, table.Flush()); err != nil {
		return err
	}
	if !up {
		i.say("Not everything is up. Start what is missing with: make up")
		return nil
	}
	i.say("")
	return i.starter(ctx, "status")
}

// summary is what Up ends with: what is up, what is planned, where to look and what to do next.
func (i *Installation) summary(ctx context.Context) error {
	daemons, err := i.describeDaemons(ctx)
	if err != nil {
		return err
	}
	starter := relative(filepath.Join(i.config.BinDir, "starter"))
	i.say("")
	table := i.table()
	if _, err := i.services(table); err != nil {
		return err
	}
	fmt.Fprintf(table, "daemons\t%s\n", daemons.ready)
	fmt.Fprintf(table, "training\t%s\n", i.training())
	fmt.Fprintf(table, "planned\t%d types, not written yet: %s list\n", daemons.planned, starter)
	if i.config.ownServer() {
		fmt.Fprintf(table, "Web UI\thttp://%s/namespaces/%s/workflows?query=%s\n", i.config.uiAddress(), i.config.TemporalNamespace, daemonsOnly)
	}
	fmt.Fprintf(table, "page\t%s\n", i.healthURL())
	unusual, err := i.config.unusual()
	if err != nil {
		return err
	}
	if len(unusual) > 0 {
		fmt.Fprintf(table, "settings\texport %s\n", strings.Join(unusual, " "))
	}
	fmt.Fprintf(table, "next\t%s loop, %s status, %s config show, make down\n", starter, starter, starter)
	return table.Flush()
}

func (i *Installation) table() *tabwriter.Writer { return tabwriter.NewWriter(i.out, 0, 0, 2, ' ', 0) }

// services adds server and workers to the table; up is false if a wanted one is missing.
func (i *Installation) services(table io.Writer) (up bool, err error) {
	all, err := i.all()
	if err != nil {
		return false, err
	}
	up = true
	for _, s := range all {
		if s.name == i.server.name && !i.config.ownServer() {
			fmt.Fprintf(table, "%s\tat %s, not started here\n", s.name, s.address)
			continue
		}
		known, err := s.find()
		if err != nil {
			return false, err
		}
		if known == nil {
			up = false
			fmt.Fprintf(table, "%s\tdown\n", s.name)
			continue
		}
		fmt.Fprintf(table, "%s\tup at %s since %s, pid %d, log %s\n",
			s.name, known.Address, known.Since.Local().Format(time.DateTime), known.PID, relative(s.log))
	}
	return up, nil
}

type fleet struct {
	ready   string
	planned int
}

func (i *Installation) describeDaemons(ctx context.Context) (fleet, error) {
	var status struct{ Daemons []spec.Info }
	if err := i.ask(ctx, &status, "status", "-o", "json"); err != nil {
		return fleet{}, err
	}
	var rows []struct{ Status spec.Status }
	if err := i.ask(ctx, &rows, "list", "--all", "-o", "json"); err != nil {
		return fleet{}, err
	}
	var result fleet
	for _, row := range rows {
		if row.Status == spec.StatusPlanned {
			result.planned++
		}
	}
	ready, waiting := 0, []string{}
	for _, daemon := range status.Daemons {
		switch {
		case daemon.Kind == spec.KindMember: // its group counts, as in `starter status`
		case daemon.Ready:
			ready++
		default:
			waiting = append(waiting, fmt.Sprintf("%s %s", daemon.Daemon, daemon.Phase))
		}
	}
	result.ready = fmt.Sprintf("%d of %d ready", ready, ready+len(waiting))
	if len(waiting) > 0 {
		result.ready += ": " + strings.Join(waiting, ", ")
	}
	return result, nil
}

// ask runs the starter and decodes the JSON it prints.
func (i *Installation) ask(ctx context.Context, answer any, arguments ...string) error {
	var printed bytes.Buffer
	asking := *i
	asking.out = &printed
	if err := asking.starter(ctx, arguments...); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(printed.String()))
	}
	if err := json.Unmarshal(printed.Bytes(), answer); err != nil {
		return fmt.Errorf("read answer of starter %s: %w", arguments[0], err)
	}
	return nil
}
