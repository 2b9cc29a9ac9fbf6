package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// bestow gives the daemon behind a deprecated name the params that the name stands for, so that it starts with
// them. They are of the fleet's plan and hold until the next `up`.
func (a *app) bestow(ctx context.Context, fleet *control.Client, found named) error {
	plan, err := fleet.Plan(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(plan.Request.Daemons, func(row spec.Daemon) bool { return row.Type == found.Type })
	if at < 0 {
		return &control.UnknownDaemonError{Target: found.Target}
	}
	params := overlay(plan.Request.Daemons[at].Params, found.params)
	if maps.Equal(params, plan.Request.Daemons[at].Params) {
		return nil
	}
	if plan.Fleet != spec.FleetUp {
		return refusef("the fleet is down, so %s cannot be given %s: `starter up` first", found.Type, pairs(found.params))
	}
	if err := refuseLive(ctx, fleet, found); err != nil {
		return err
	}
	plan.Request.Daemons[at].Params = params
	plan.Request.Actor = a.Config.Operator
	_, err = fleet.Up(ctx, plan.Request)
	return err
}

// refuseLive refuses to change the params of a daemon that would go on with its old ones.
func refuseLive(ctx context.Context, fleet *control.Client, found named) error {
	info, err := fleet.Info(ctx, found.Target)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(flatten([]spec.Info{info}), func(each spec.Info) bool { return mayRun(each.Phase) }) {
		return refusef("%s runs already and without %s: stop it first, then start it as %s",
			found.Type, pairs(found.params), found.asked.Type)
	}
	return nil
}

func overlay(under, over map[string]string) map[string]string {
	params := maps.Clone(under)
	if params == nil {
		params = map[string]string{}
	}
	maps.Copy(params, over)
	return params
}

// pairs shows params as key=value, by key.
func pairs(params map[string]string) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(params)) {
		list = append(list, key+"="+params[key])
	}
	return strings.Join(list, " ")
}
