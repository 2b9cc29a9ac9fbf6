package p2pbackend

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/ringrift/orchestrator/internal/host"
)

const (
	// Detection takes a probe, which comes around within a second for each other node up to a few, and then the
	// suspicion: 4 s for few nodes, 8 s for a hundred, never more than twice that.
	suspicionFactor    = 4
	suspicionMaxFactor = 2
	// streamTimeout bounds a connection to a member, such as a join.
	streamTimeout = 1500 * time.Millisecond
	// syncInterval is between two exchanges of everything with one other member.
	syncInterval = 15 * time.Second
	leaveLimit   = 2 * time.Second
)

// mesh is this node's member among the others.
type mesh struct {
	list     *memberlist.Memberlist
	farewell *farewell
	logger   *slog.Logger
}

// openMesh listens and tells the roster of every member that comes or goes.
func openMesh(config Config, name string, roster *roster, logger *slog.Logger) (*mesh, error) {
	settings := memberlist.DefaultLANConfig()
	settings.Name = name
	settings.BindAddr, settings.BindPort = split(config.Listen)
	settings.AdvertisePort = settings.BindPort
	if config.Advertise != "" {
		settings.AdvertiseAddr, settings.AdvertisePort = split(config.Advertise)
	}
	settings.SecretKey = config.secret()
	settings.SuspicionMult, settings.SuspicionMaxTimeoutMult = suspicionFactor, suspicionMaxFactor
	settings.TCPTimeout, settings.PushPullInterval = streamTimeout, syncInterval
	farewell := &farewell{}
	settings.Events, settings.Delegate = roster, farewell
	settings.LogOutput = logWriter{logger}
	list, err := memberlist.Create(settings)
	switch {
	case errors.Is(err, syscall.EADDRINUSE): // the copy before this one has not let go yet, or somebody has to
		return nil, host.Dependency(fmt.Errorf("listen for gossip on GOSSIP_LISTEN=%s: %w", config.Listen, err))
	case err != nil:
		return nil, fmt.Errorf("listen for gossip on GOSSIP_LISTEN=%s: %w", config.Listen, err)
	}
	return &mesh{list: list, farewell: farewell, logger: logger}, nil
}

// address is where the other members reach this one.
func (m *mesh) address() string { return m.list.LocalNode().Address() }

// join meets members at addresses, and whom they know; an error is of the addresses that do not answer.
func (m *mesh) join(addresses []string) error {
	if len(addresses) == 0 {
		return nil
	}
	_, err := m.list.Join(addresses)
	return err
}

// close tells the others that this member goes on purpose, and stops listening.
func (m *mesh) close() error {
	m.farewell.said.Store(true)
	if err := errors.Join(m.list.UpdateNode(leaveLimit), m.list.Leave(leaveLimit)); err != nil {
		m.logger.Warn("the other nodes may take this one for lost", "error", err)
	}
	if err := m.list.Shutdown(); err != nil {
		return fmt.Errorf("close gossip: %w", err)
	}
	return nil
}

// leaving is the meta data of a member that is about to go on purpose; the library tells observers of an end, not
// which kind it is.
const leaving = "leaving"

// farewell gives the member its meta data. Nothing else is sent by gossip: reports travel by the board.
type farewell struct{ said atomic.Bool }

var _ memberlist.Delegate = (*farewell)(nil)

// NodeMeta implements memberlist.Delegate.
func (f *farewell) NodeMeta(int) []byte {
	if f.said.Load() {
		return []byte(leaving)
	}
	return nil
}

// NotifyMsg implements memberlist.Delegate.
func (*farewell) NotifyMsg([]byte) {}

// GetBroadcasts implements memberlist.Delegate.
func (*farewell) GetBroadcasts(int, int) [][]byte { return nil }

// LocalState implements memberlist.Delegate.
func (*farewell) LocalState(bool) []byte { return nil }

// MergeRemoteState implements memberlist.Delegate.
func (*farewell) MergeRemoteState([]byte, bool) {}

// memberName is the name of one instance of a node.
func memberName(node string, instance int64) string {
	return node + "/" + strconv.FormatInt(instance, 10)
}

func parseMember(name string) (node string, instance int64, ok bool) {
	node, text, _ := strings.Cut(name, "/")
	instance, err := strconv.ParseInt(text, 10, 64)
	return node, instance, err == nil && node != ""
}

// logWriter takes the library's own lines. What matters of them is logged as a change of a node or of health.
type logWriter struct{ logger *slog.Logger }

func (w logWriter) Write(line []byte) (int, error) {
	w.logger.Debug("gossip", "line", strings.TrimSpace(string(line)))
	return len(line), nil
}
