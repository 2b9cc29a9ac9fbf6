package local

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxNodes bounds the workers of one machine: each is a process with ports and a data folder of its own.
const maxNodes = 32

// workerGrace is how long a worker may take to end: a daemon has 30 s to stop, and the worker waits for the last of
// them and then ends its own parts.
const workerGrace = 45 * time.Second

// peer is a worker beside the first one: node-2, node-3 …, each with a folder of its own below DataDir.
type peer struct {
	service
	number int
}

func (p peer) node() string { return "node-" + strconv.Itoa(p.number) }

// newPeer has the address that the worker of this number had last, if any.
func (i *Installation) newPeer(number int) (peer, error) {
	p := peer{service: newService(i.config.DataDir, "worker-"+strconv.Itoa(number), "", workerGrace), number: number}
	text, err := os.ReadFile(p.record)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("read record of the %s: %w", p.name, err)
	}
	var last record
	if err := json.Unmarshal(text, &last); err != nil {
		return p, fmt.Errorf("%s is not a record of the %s (%w); end that process by hand if it runs, and delete the file", p.record, p.name, err)
	}
	p.address = last.Address
	return p, nil
}

// peers are the workers beside the first one that are wanted, and those of which there is a record, by number.
func (i *Installation) peers() ([]peer, error) {
	numbers := map[int]bool{}
	for number := 2; number <= i.config.Nodes; number++ {
		numbers[number] = true
	}
	records, err := filepath.Glob(filepath.Join(i.config.DataDir, "run", "worker-*.json"))
	if err != nil {
		return nil, fmt.Errorf("find the records of workers: %w", err)
	}
	for _, path := range records {
		text := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "worker-"), ".json")
		if number, err := strconv.Atoi(text); err == nil && number >= 2 { // anything else is not ours
			numbers[number] = true
		}
	}
	var peers []peer
	for number := range numbers {
		p, err := i.newPeer(number)
		if err != nil {
			return nil, err
		}
		peers = append(peers, p)
	}
	slices.SortFunc(peers, func(a, b peer) int { return cmp.Compare(a.number, b.number) })
	return peers, nil
}

// runningPeers are the workers beside the first one that run.
func (i *Installation) runningPeers() ([]peer, error) {
	peers, err := i.peers()
	if err != nil {
		return nil, err
	}
	var running []peer
	for _, p := range peers {
		known, err := p.find()
		if err != nil {
			return nil, err
		}
		if known != nil {
			running = append(running, p)
		}
	}
	return running, nil
}

// planPeers returns a step for each wanted worker that does not run.
func (i *Installation) planPeers() ([]step, error) {
	peers, err := i.peers()
	if err != nil {
		return nil, err
	}
	binary, err := i.binary("worker")
	if err != nil {
		return nil, err
	}
	taken := map[int]bool{}
	for _, address := range []string{i.config.HealthAddr, i.config.TemporalAddress, i.config.uiAddress(), i.config.BusListen} {
		taken[portOf(address)] = true
	}
	var steps []step
	for _, p := range peers {
		running, err := p.find()
		if err != nil {
			return nil, err
		}
		if p.number > i.config.Nodes || running != nil {
			taken[portOf(p.address)] = true
			continue
		}
		if p.address, err = i.freeAddress(p.address, taken); err != nil {
			return nil, fmt.Errorf("find an address for %s: %w", p.name, err)
		}
		taken[portOf(p.address)] = true
		steps = append(steps, i.peerStep(p, binary))
	}
	return steps, nil
}

func (i *Installation) peerStep(p peer, binary string) step {
	command := i.command(binary)
	command.Env = append(command.Env, // the last of two values counts
		"NODE_ID="+p.node(), "DATA_DIR="+filepath.Join(i.config.DataDir, p.node()), "CLUSTER_DIR="+i.config.SharedDir(),
		"HEALTH_ADDR="+p.address, "GOSSIP_LISTEN=127.0.0.1:0", "GOSSIP_ADVERTISE=", "HEALTH_ADVERTISE=",
	)
	return step{service: p.service, command: command, serves: i.workerServes(p.address)}
}

// freeAddress is the one that the worker had last, or the next free one after that of the first worker.
func (i *Installation) freeAddress(last string, taken map[int]bool) (string, error) {
	host, _, _ := net.SplitHostPort(i.config.HealthAddr) // addresses are checked when the configuration is resolved
	candidates := []string{last}
	for number := 1; number <= 3*maxNodes; number++ {
		candidates = append(candidates, net.JoinHostPort(host, strconv.Itoa(portOf(i.config.HealthAddr)+number)))
	}
	for _, address := range candidates {
		if checkAddress(address) != nil || taken[portOf(address)] {
			continue
		}
		if (claim{"HEALTH_ADDR", address}).checkFree() == nil {
			return address, nil
		}
	}
	return "", fmt.Errorf("the %d ports after HEALTH_ADDR=%s are all in use; choose another HEALTH_ADDR", 3*maxNodes, i.config.HealthAddr)
}

// surplus are the workers that run although they are not wanted any more.
func (i *Installation) surplus() ([]service, error) {
	peers, err := i.peers()
	if err != nil {
		return nil, err
	}
	var over []service
	for _, p := range peers {
		if p.number > i.config.Nodes {
			over = append(over, p.service)
		}
	}
	return over, nil
}

// all are the server, the first worker and the others, in the order in which they start.
func (i *Installation) all() ([]service, error) {
	peers, err := i.peers()
	services := []service{i.server, i.worker}
	for _, p := range peers {
		services = append(services, p.service)
	}
	return services, err
}
