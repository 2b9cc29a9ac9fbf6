package cli

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// settingFault is one setting that does not do for the cluster: which, what is wrong, how to mend it. The value is
// left out, since it may hold a password.
type settingFault struct {
	Setting string `json:"setting"`
	Problem string `json:"problem"`
	Fix     string `json:"fix"`
}

// settingFaults is the error of settings that do not do, one line a fault.
type settingFaults []settingFault

func (f settingFaults) Error() string {
	lines := []string{"the settings have " + count(len(f), "fault")}
	for _, fault := range f {
		lines = append(lines, fmt.Sprintf("  %s %s: %s", fault.Setting, fault.Problem, fault.Fix))
	}
	return strings.Join(lines, "\n")
}

// checkMachines says what a cluster of so many machines lacks: what one machine keeps in CLUSTER_DIR, several must
// share.
func checkMachines(machines int, config Config) settingFaults {
	if machines == 1 {
		return nil
	}
	return slices.Concat(checkBus(config.NATSURL), checkStore(config.StoreDSN))
}

func checkBus(address string) settingFaults {
	const fix = "set it on every machine to one NATS server with JetStream that all of them reach"
	if address == "" {
		return settingFaults{{"NATS_URL", "is not set, and the event bus that EVENT_ROUTER embeds serves one machine only", fix}}
	}
	for _, one := range strings.Split(address, ",") { // a cluster's servers, or one
		parsed, err := url.Parse(strings.TrimSpace(one))
		if err != nil || parsed.Hostname() == "" {
			return settingFaults{{"NATS_URL", "is not an address", "write nats://host:port"}}
		}
		if onlyHere(parsed.Hostname()) {
			return settingFaults{{"NATS_URL", "names this machine by an address that the others do not reach", fix}}
		}
	}
	return nil
}

func checkStore(name string) settingFaults {
	const fix = "set it on every machine to one PostgreSQL that all of them reach"
	if name == "" {
		return settingFaults{{"STORE_DSN", "is not set, and the ledger would be an SQLite file on the disk of one machine", fix}}
	}
	if strings.HasPrefix(name, "${") || strings.Contains(name, "host=") {
		return nil // resolved where it is used; key=value is PostgreSQL's other form
	}
	parsed, err := url.Parse(name)
	if err != nil || parsed.Scheme != "postgres" && parsed.Scheme != "postgresql" {
		return settingFaults{{"STORE_DSN", "does not name a PostgreSQL", "write postgres://user@host:port/database"}}
	}
	if onlyHere(parsed.Hostname()) {
		return settingFaults{{"STORE_DSN", "names this machine by an address that the others do not reach", fix}}
	}
	return nil
}

// onlyHere says whether a host name means the machine that reads it. A name that is not an address may mean any.
func onlyHere(host string) bool {
	if host == "" || strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && (address.IsLoopback() || address.IsUnspecified())
}
