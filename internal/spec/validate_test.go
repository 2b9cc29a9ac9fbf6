package spec_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	// change makes a faulty copy of a good row named A.
	change := func(edit func(*spec.Daemon)) []spec.Daemon {
		d := row("A")
		edit(&d)
		return []spec.Daemon{d}
	}
	for name, test := range map[string]struct {
		rows []spec.Daemon
		want []string
	}{
		"type in lower case": {[]spec.Daemon{row("auto_sync")},
			[]string{`auto_sync: type "auto_sync" is no daemon type: use UPPER_SNAKE of at most 64 characters`}},
		"type with double underscore": {[]spec.Daemon{row("A__B")}, []string{`A__B: type "A__B" is no daemon type`}},
		"empty type":                  {[]spec.Daemon{row("")}, []string{`: type "" is no daemon type`}},
		"duplicate row": {[]spec.Daemon{row("A"), row("B"), row("A")},
			[]string{`A: type "A" stands in rows 1 and 3: keep one of them`}},
		"category": {change(func(d *spec.Daemon) { d.Category = "sink" }),
			[]string{`A: category "sink" is unknown: use one of [sync event health`}},
		"scope":  {change(func(d *spec.Daemon) { d.Scope = "pod" }), []string{`A: scope "pod" is unknown: use one of [cluster node]`}},
		"status": {change(func(d *spec.Daemon) { d.Status = "" }), []string{`A: status "" is unknown`}},
		"role": {change(func(d *spec.Daemon) { d.Roles = []spec.Role{"storage", "cook", "storage"} }),
			[]string{`A: roles "cook" is unknown`, `A: roles "storage" is named twice: keep one`}},
		"deprecated status without the flag": {change(func(d *spec.Daemon) { d.Status = spec.StatusDeprecated }),
			[]string{`A: status "deprecated" contradicts deprecated false`}},
		"runner missing": {change(func(d *spec.Daemon) { d.Runner = "" }), []string{`A: runner "" is missing`}},
		"runner twice": {[]spec.Daemon{row("A"), func() spec.Daemon { d := row("B"); d.Runner = "create_A"; return d }()},
			[]string{`B: runner "create_A" is also the runner of A: give each row its own`}},
		"negative interval": {change(func(d *spec.Daemon) { d.HealthCheckInterval = -time.Second }),
			[]string{`A: health_check_interval -1s is out of range: use more than 0 and at most 24h0m0s`}},
		"absurd stop timeout": {change(func(d *spec.Daemon) { d.StopTimeout = 1000 * time.Hour }),
			[]string{`A: stop_timeout 1000h0m0s is out of range`}},
		"heartbeat": {change(func(d *spec.Daemon) { d.HeartbeatTimeout = 61 * time.Second }),
			[]string{`A: heartbeat_timeout 1m1s is more than twice the effective health check interval: use at most 1m0s`}},
		"heartbeat of a critical daemon": {change(func(d *spec.Daemon) { d.Critical, d.HeartbeatTimeout = true, 31*time.Second }),
			[]string{`A: heartbeat_timeout 31s is more than twice the effective health check interval: use at most 30s`}},
		"max_restarts": {change(func(d *spec.Daemon) { d.MaxRestarts = -1 }), []string{`A: max_restarts -1 is out of range: use 0 to 1000`}},
		"unhealthy_threshold": {change(func(d *spec.Daemon) { d.UnhealthyThreshold = -2 }),
			[]string{`A: unhealthy_threshold -2 is out of range: use 1 to 100`}},
		"startup_position": {change(func(d *spec.Daemon) { d.StartupPosition = -2 }), []string{`A: startup_position -2 is out of range`}},

		"self dependency": {[]spec.Daemon{row("A", "A")}, []string{`A: depends_on "A" is the row itself: remove the edge`}},
		"unknown dependency": {[]spec.Daemon{row("AUTO_SYNC"), row("B", "AUTO_SINC")},
			[]string{`B: depends_on "AUTO_SINC" is not in the registry: remove the edge or name a type that is, as AUTO_SYNC`}},
		"duplicate edge": {[]spec.Daemon{row("A"), row("B", "A", "A")}, []string{`B: depends_on "A" is named twice: keep one`}},
		"two cycles": {[]spec.Daemon{row("A", "B"), row("B", "C"), row("C", "A"), row("D", "E"), row("E", "D")},
			[]string{`C: depends_on A → B → C → A is a cycle: remove one of its edges`, `E: depends_on D → E → D is a cycle: remove one of its edges`}},
		"cycle through an alias": {[]spec.Daemon{row("A", "OLD_B"), row("B", "A"), alias("OLD_B", "B", nil)},
			[]string{`B: depends_on A → B → A is a cycle: remove one of its edges`}},
		"itself through an alias": {[]spec.Daemon{row("A", "OLD_A"), alias("OLD_A", "A", nil)},
			[]string{`A: depends_on "OLD_A" stands for the row itself: remove the edge`}},

		"alias that ends nowhere": {[]spec.Daemon{row("A", "OLDER"), alias("OLDER", "OLD", nil), alias("OLD", "GONE", nil)},
			[]string{`OLD: replacement "GONE" is not in the registry: name a type that is`, `A: depends_on "OLDER" is an alias that ends nowhere`}},
		"aliases in a circle": {[]spec.Daemon{alias("A", "B", nil), alias("B", "A", nil), alias("C", "A", nil)},
			[]string{`A: replacement A → B → A goes in a circle`, `B: replacement B → A → B goes in a circle`}},
		"alias without replacement and message": {func() []spec.Daemon {
			d := alias("A", "", nil)
			d.DeprecatedMessage = ""
			return []spec.Daemon{d}
		}(), []string{`A: replacement "" is missing on a deprecated row`, `A: deprecated_message "" is missing on a deprecated row`}},
		"replacement of a daemon that is no alias": {change(func(d *spec.Daemon) { d.Replacement = "B" }),
			[]string{`A: replacement "B" is set on a row that is not deprecated`}},

		"startup order with a gap": {[]spec.Daemon{at(0, row("A")), at(2, row("B"))},
			[]string{`B: startup_position 2 leaves 1 empty: number the order from 0 without gaps`}},
		"startup position twice": {[]spec.Daemon{at(0, row("A")), at(0, row("B")), at(1, row("C"))},
			[]string{`B: startup_position 0 is also the position of A`}},
		"startup order against an edge": {[]spec.Daemon{at(0, row("A", "B")), at(1, row("B"))},
			[]string{`A: startup_position 0 is before 1 of a dependency (A → B): move the dependency to the front or remove the edge`}},
		"startup order against an edge further on": {[]spec.Daemon{at(0, row("A", "B")), row("B", "C"), at(1, row("C"))},
			[]string{`A: startup_position 0 is before 1 of a dependency (A → B → C)`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.NewRegistry(test.rows)
			var faults spec.Faults
			require.ErrorAs(t, err, &faults)
			require.Len(t, faults, len(test.want), "%s", err)
			for i, want := range test.want {
				require.Contains(t, faults[i].String(), want)
				require.Contains(t, err.Error(), "\n  "+want)
			}
		})
	}
}

func TestFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	bad := row("bad", "NOBODY", "bad")
	bad.Category, bad.Runner, bad.MaxRestarts = "", "", 5000
	_, err := spec.NewRegistry([]spec.Daemon{bad, row("A", "B"), row("B", "A")})
	var faults spec.Faults
	require.ErrorAs(t, err, &faults)
	require.Len(t, faults, 7, "%s", err)
}

func TestAllowedRows(t *testing.T) {
	t.Parallel()
	critical := row("CRITICAL")
	critical.Critical, critical.HeartbeatTimeout = true, 30*time.Second
	other := row("OTHER", "ALIAS", "CRITICAL")
	other.HeartbeatTimeout = 60 * time.Second
	never := row("NEVER")
	never.AutoRestart, never.MaxRestarts = false, 0
	registry(t, critical, other, never, alias("ALIAS", "CRITICAL", nil))
	registry(t)
}
