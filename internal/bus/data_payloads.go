package bus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxSyncItems bounds what one SYNC_REQUEST asks for.
const maxSyncItems = 200

// SyncItem is a file that is to get to another node.
type SyncItem struct {
	Role   string `json:"role"` // of data.Role, such as segment or model
	Name   string `json:"name"` // where it is to lie, below the role's folder
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	// Sources are nodes that have it, best first.
	Sources []string `json:"sources,omitempty"`
}

// SyncRequest asks nodes to fetch files, or, without items, to look at once what they lack. It is a hint: whether
// they came is told by DATA_SYNC_COMPLETED, and proved by the nodes' inventories.
type SyncRequest struct {
	Config
	NodeID  string     `json:"node_id,omitempty"` // who asks
	Targets []string   `json:"targets,omitempty"` // nodes that are to do it; none: whoever wants games
	Items   []SyncItem `json:"items,omitempty"`
	Reason  string     `json:"reason"`
	// Urgent goes before everything else that waits.
	Urgent bool `json:"urgent,omitempty"`
}

// EventName implements Payload.
func (SyncRequest) EventName() Name { return "SYNC_REQUEST" }

// Validate implements Payload.
func (s SyncRequest) Validate() error {
	err := required("reason", s.Reason)
	if len(s.Items) > maxSyncItems {
		err = errors.Join(err, fmt.Errorf("field %q has %d items: at most %d are allowed", "items", len(s.Items), maxSyncItems))
	}
	for _, item := range s.Items {
		err = errors.Join(err, required("items.role", item.Role), required("items.name", item.Name), required("items.sha256", item.SHA256))
		if item.Bytes < 0 {
			err = errors.Join(err, fmt.Errorf("field %q is %d: it must be 0 or more", "items.bytes", item.Bytes))
		}
	}
	return err
}

// DataMove is the common content of the events that tell of a file on its way to a node.
type DataMove struct {
	Config
	NodeID     string `json:"node_id"`               // where it goes
	SourceNode string `json:"source_node,omitempty"` // empty: unknown
	Role       string `json:"role"`
	Name       string `json:"name"`
	SHA256     string `json:"sha256"`
}

// Validate implements Payload.
func (m DataMove) Validate() error {
	return errors.Join(required("node_id", m.NodeID), required("role", m.Role), required("name", m.Name), required("sha256", m.SHA256))
}

// DataSyncCompleted says that a file is on a node, verified, and that its games are in the node's store.
type DataSyncCompleted struct {
	DataMove
	Bytes            int64   `json:"bytes"`
	BytesTransferred int64   `json:"bytes_transferred"` // by the last try, as is its duration: less than its size where earlier ones had left something
	GamesSynced      int64   `json:"games_synced"`      // that were new here
	GamesConflicting int64   `json:"games_conflicting,omitempty"`
	DurationSeconds  float64 `json:"duration_seconds"`
}

// EventName implements Payload.
func (DataSyncCompleted) EventName() Name { return "DATA_SYNC_COMPLETED" }

// FactKey implements Fact: a file arrives at a node once.
func (c DataSyncCompleted) FactKey() string { return c.NodeID + " " + c.SHA256 }

// DataSyncFailed says that a file could not be brought to a node. It is tried again, but ever less often.
type DataSyncFailed struct {
	DataMove
	Error      string `json:"error"`
	ErrorClass string `json:"error_class"` // unavailable, no_source, no_space, mismatch, corrupt, unauthorized, lost or other
	RetryCount int    `json:"retry_count"`
}

// EventName implements Payload.
func (DataSyncFailed) EventName() Name { return "DATA_SYNC_FAILED" }

// Validate implements Payload.
func (f DataSyncFailed) Validate() error {
	return errors.Join(f.DataMove.Validate(), required("error", f.Error), required("error_class", f.ErrorClass), notNegative("retry_count", f.RetryCount))
}

// FactKey implements Fact.
func (f DataSyncFailed) FactKey() string {
	return fmt.Sprintf("%s %s %s %d", f.NodeID, f.SHA256, f.ErrorClass, f.RetryCount)
}

// SyncStalled says that a source sent nothing for too long.
type SyncStalled struct {
	DataMove
	TimeoutSeconds float64 `json:"timeout_seconds"`
	RetryCount     int     `json:"retry_count"`
}

// EventName implements Payload.
func (SyncStalled) EventName() Name { return "SYNC_STALLED" }

// FactKey implements Fact.
func (s SyncStalled) FactKey() string {
	return fmt.Sprintf("%s %s %d", s.NodeID, s.SHA256, s.RetryCount)
}

// SyncChecksumFailed says that what was sent was not the file that was asked for. Nothing of it was kept.
type SyncChecksumFailed struct {
	DataMove
	RetryCount int `json:"retry_count"`
}

// EventName implements Payload.
func (SyncChecksumFailed) EventName() Name { return "SYNC_CHECKSUM_FAILED" }

// FactKey implements Fact.
func (s SyncChecksumFailed) FactKey() string {
	return fmt.Sprintf("%s %s %d", s.NodeID, s.SHA256, s.RetryCount)
}

// GameSynced says that games of a node are safe: another node that is there to stay has been seen to hold them.
type GameSynced struct {
	Config
	NodeID      string   `json:"node_id"`
	SHA256      string   `json:"sha256"`
	Path        string   `json:"path"` // role and name on the node
	GamesPushed int64    `json:"games_pushed"`
	TargetNodes []string `json:"target_nodes"`
	IsEphemeral bool     `json:"is_ephemeral"`
}

// EventName implements Payload.
func (GameSynced) EventName() Name { return "GAME_SYNCED" }

// Validate implements Payload.
func (g GameSynced) Validate() error {
	err := errors.Join(required("node_id", g.NodeID), required("sha256", g.SHA256))
	if len(g.TargetNodes) == 0 {
		err = errors.Join(err, fmt.Errorf("field %q is empty: name a node that holds it", "target_nodes"))
	}
	return err
}

// FactKey implements Fact: games become safe once.
func (g GameSynced) FactKey() string { return g.NodeID + " " + g.SHA256 }

// DataQuarantined says that a file of a node is corrupt and was put aside.
type DataQuarantined struct {
	Config
	NodeID string `json:"node_id"`
	Role   string `json:"role"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // that it should have
	Reason string `json:"reason"`
	// Genuine says that it has the bytes of the hash: no other copy is better.
	Genuine bool   `json:"genuine,omitempty"`
	File    string `json:"file"` // in the node's quarantine
}

// EventName implements Payload.
func (DataQuarantined) EventName() Name { return "DATA_QUARANTINED" }

// Validate implements Payload.
func (q DataQuarantined) Validate() error {
	return errors.Join(required("node_id", q.NodeID), required("role", q.Role), required("name", q.Name), required("reason", q.Reason))
}

// FactKey implements Fact.
func (q DataQuarantined) FactKey() string { return q.NodeID + " " + q.File }

// Distribution is the common content of the events that tell how far a file has got around. Nodes are sorted.
type Distribution struct {
	Config
	ModelID     string   `json:"model_id,omitempty"`
	Role        string   `json:"role"`
	Name        string   `json:"name"`
	SHA256      string   `json:"sha256"`
	DeliveredTo []string `json:"delivered_to"`
	Failed      []string `json:"failed"`
	Waiting     []string `json:"waiting"` // away now, or not yet done
	Reason      string   `json:"reason,omitempty"`
}

// Validate implements Payload.
func (d Distribution) Validate() error {
	return errors.Join(required("role", d.Role), required("name", d.Name), required("sha256", d.SHA256))
}

// FactKey implements Fact: one outcome of one file.
func (d Distribution) FactKey() string {
	parts := slices.Concat([]string{d.SHA256}, d.DeliveredTo, []string{"/"}, d.Failed)
	return strings.Join(parts, " ")
}

// ModelDistributionStarted says that a model is on its way to nodes.
type ModelDistributionStarted struct{ Distribution }

// EventName implements Payload.
func (ModelDistributionStarted) EventName() Name { return "MODEL_DISTRIBUTION_STARTED" }

// FactKey implements Fact.
func (m ModelDistributionStarted) FactKey() string {
	return m.SHA256 + " " + strings.Join(m.Waiting, " ")
}

// ModelDistributionComplete says that a model is verified on every node that should have it.
type ModelDistributionComplete struct{ Distribution }

// EventName implements Payload.
func (ModelDistributionComplete) EventName() Name { return "MODEL_DISTRIBUTION_COMPLETE" }

// ModelDistributionFailed says that some nodes could not be given a model.
type ModelDistributionFailed struct{ Distribution }

// EventName implements Payload.
func (ModelDistributionFailed) EventName() Name { return "MODEL_DISTRIBUTION_FAILED" }

// DatasetDistributionComplete says that a dataset is verified on every node that should have it.
type DatasetDistributionComplete struct{ Distribution }

// EventName implements Payload.
func (DatasetDistributionComplete) EventName() Name { return "NPZ_DISTRIBUTION_COMPLETE" }

// DatasetDistributionFailed says that some nodes could not be given a dataset.
type DatasetDistributionFailed struct{ Distribution }

// EventName implements Payload.
func (DatasetDistributionFailed) EventName() Name { return "NPZ_DISTRIBUTION_FAILED" }

// EloSyncCompleted says that a node's matches are in the ledger.
type EloSyncCompleted struct {
	NodeID         string `json:"node_id"`
	MatchesAdded   int    `json:"matches_added"`
	MatchesRead    int    `json:"matches_read"`
	MatchesRefused int    `json:"matches_refused,omitempty"` // rows that make no sense; they stay where they are
	// Digest is of the ratings that were brought back to the node.
	Digest string `json:"digest,omitempty"`
}

// EventName implements Payload.
func (EloSyncCompleted) EventName() Name { return "ELO_SYNC_COMPLETED" }

// Validate implements Payload.
func (e EloSyncCompleted) Validate() error {
	return errors.Join(required("node_id", e.NodeID), notNegative("matches_added", e.MatchesAdded), notNegative("matches_read", e.MatchesRead))
}

// dataEntries are the events about files that move between nodes.
func dataEntries() []Entry {
	sync, observers := []Party{"AUTO_SYNC"}, []Party{Observers}
	distribution := []Party{"MODEL_DISTRIBUTION"}
	return []Entry{
		entry[SyncRequest]("nodes are asked to fetch files", []Party{"AUTO_SYNC", "MODEL_DISTRIBUTION", Operator}, []Party{"AUTO_SYNC", Observers}),
		entry[DataSyncCompleted]("a file is on a node, verified", sync, []Party{"MODEL_DISTRIBUTION", "DATA_PIPELINE", Observers}),
		entry[DataSyncFailed]("a file cannot be brought to a node", sync, []Party{"MODEL_DISTRIBUTION", Observers}),
		entry[SyncStalled]("a source sends nothing", sync, observers),
		entry[SyncChecksumFailed]("sources sent wrong bytes", []Party{"AUTO_SYNC", "JOB_SCHEDULER"}, []Party{"DATA_SERVER", Observers}),
		entry[DataQuarantined]("a corrupt file was put aside", []Party{"DATA_SERVER"}, []Party{"MODEL_DISTRIBUTION", Observers}),
		entry[GameSynced]("games of a node are safe on another", sync, observers),
		entry[ModelDistributionStarted]("a model is on its way to nodes", distribution, observers),
		entry[ModelDistributionComplete]("a model is on all nodes that should have it", distribution, []Party{"DATA_PIPELINE", Observers}),
		entry[ModelDistributionFailed]("nodes could not be given a model", distribution, observers),
		entry[DatasetDistributionComplete]("a dataset is on all nodes that should have it", distribution, observers),
		entry[DatasetDistributionFailed]("nodes could not be given a dataset", distribution, observers),
		entry[EloSyncCompleted]("matches of a node are in the ledger", []Party{"ELO_SYNC"}, observers),
	}
}
