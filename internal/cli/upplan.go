package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/spec"
)

// maxPlan is how large a plan may be: it travels as one message, and Temporal takes none above two megabytes.
const maxPlan = 1 << 20

// wish is what an `up` asks for, as far as it can be told without the fleet.
type wish struct {
	upFlags
	registry *spec.Registry
	// types are the daemons of no file; they are decided only if chosen.
	types  []spec.Type
	chosen bool
	// applied is the file to put in force; nil leaves the one that is.
	applied *spec.Applied
}

func (a *app) wish(ctx context.Context, flags upFlags, choose bool) (wish, error) {
	w := wish{upFlags: flags, chosen: choose}
	var err error
	if w.registry, err = a.table(); err != nil {
		return w, err
	}
	if choose {
		if w.types, err = a.asked(ctx, w.registry, flags); err != nil {
			return w, err
		}
	}
	if len(flags.files) == 0 {
		return w, nil
	}
	file, _, err := a.readFiles(flags.files) // what is wrong with it is told before anything is asked
	if err != nil {
		return w, usageError{err}
	}
	w.applied = &spec.Applied{Text: file.Text(), Digest: file.Digest(), From: flags.files, At: a.Now().UTC(), Actor: a.Config.Operator}
	return w, nil
}

// raise puts the wish into a plan, shows what it changes, and asks for it, unless it changes nothing of a fleet that
// is up or is only to be shown.
func (a *app) raise(ctx context.Context, fleet *control.Client, asked wish) (upReport, error) {
	report := upReport{DryRun: asked.dryRun, Fleet: string(spec.FleetUp)}
	now, err := fleet.Plan(ctx)
	if err != nil && !is[*control.NotUpError](err) {
		return report, err
	}
	request, err := asked.request(now.Request)
	if err != nil {
		return report, err
	}
	for _, row := range request.Daemons {
		report.Daemons = append(report.Daemons, row.Type)
	}
	report.Planned = orEmpty(request.Planned)
	changes, unchanged := difference(now.Request.Daemons, request.Daemons)
	report.Changes, report.Unchanged = orEmpty(changes), unchanged
	report.AlreadyUp = now.Fleet == spec.FleetUp && len(changes) == 0
	if asked.applied != nil || asked.dryRun {
		if err := a.showChanges(report, now.Fleet); err != nil {
			return report, err
		}
	}
	if request.Installation, err = installation(a.Config.SharedDir()); err != nil {
		return report, err
	}
	report.Installation = request.Installation
	sameFile := asked.applied == nil || (now.Request.Applied != nil && now.Request.Applied.Digest == asked.applied.Digest)
	if asked.dryRun || (report.AlreadyUp && sameFile && asked.applied != nil) {
		return report, nil
	}
	if err := fleet.EnsureSearchAttributes(ctx); err != nil {
		return report, err
	}
	_, err = fleet.Up(ctx, request)
	return report, err
}

// request is the plan that the wish makes of the one in force.
func (w wish) request(now spec.UpRequest) (spec.UpRequest, error) {
	applied := w.applied
	if applied == nil {
		applied = now.Applied
	}
	registry, named, err := withFile(w.registry, applied)
	if err != nil {
		return spec.UpRequest{}, fmt.Errorf("the file of daemons that was applied does not fit this build, so nothing changes: correct %s and apply it with `starter up --file` (`starter applied show` prints what is in force): %w",
			names(applied.From), err)
	}
	types := w.types
	if !w.chosen {
		types = builtIn(registry, now)
	}
	run, planned, err := registry.Plan(append(slices.Clone(types), named...))
	if err != nil {
		return spec.UpRequest{}, err
	}
	if len(run) == 0 && w.applied == nil {
		return spec.UpRequest{}, refusef("nothing to start: %s planned, and this build has no code for it", names(planned))
	}
	request := spec.UpRequest{Daemons: run, Planned: planned, Applied: applied}
	text, err := json.Marshal(request)
	if err == nil && len(text) > maxPlan {
		err = usagef("the plan has %d bytes, at most %d are possible: move long commands and environments into files of their own", len(text), maxPlan)
	}
	return request, err
}

// withFile returns the registry with the daemons of an applied file, and their types.
func withFile(registry *spec.Registry, applied *spec.Applied) (*spec.Registry, []spec.Type, error) {
	if applied == nil {
		return registry, nil, nil
	}
	file, err := daemonfile.Parse("applied", []byte(applied.Text), "/")
	if err != nil {
		return nil, nil, usageError{err}
	}
	rows, err := file.Rows(registry)
	if err != nil {
		return nil, nil, usageError{err}
	}
	composed, err := daemonfile.Compose(registry, rows)
	if err != nil {
		return nil, nil, usageError{err}
	}
	var types []spec.Type
	for _, row := range rows {
		types = append(types, row.Type)
	}
	return composed, types, nil
}

// builtIn lists the daemons of a plan that are in no file, as far as they are still known.
func builtIn(registry *spec.Registry, now spec.UpRequest) []spec.Type {
	var types []spec.Type
	for _, row := range now.Daemons {
		if known, found := registry.Get(row.Type); found && row.Program == nil && known.Program == nil {
			types = append(types, row.Type)
		}
	}
	for _, name := range now.Planned {
		if known, found := registry.Get(name); found && known.Program == nil {
			types = append(types, name)
		}
	}
	return types
}

// showChanges tells what a plan touches; with JSON the report has it.
func (a *app) showChanges(report upReport, fleet spec.FleetState) error {
	if a.output == outputJSON {
		return nil
	}
	return writeTable(a.Out, func(w io.Writer) {
		for _, one := range report.Changes {
			row(w, one.Action.sign(), one.Daemon, one.effect())
			for _, field := range one.Fields {
				fmt.Fprintf(w, "\t\t%s: %s -> %s\n", field.Field, field.Before, field.After)
			}
		}
		fmt.Fprintf(w, "%d unchanged\n", report.Unchanged)
		if fleet == spec.FleetDown {
			fmt.Fprintln(w, "the fleet is down: all of it starts")
		}
	})
}
