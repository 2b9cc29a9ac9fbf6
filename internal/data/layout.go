package data

// Role says what a file is for, and so where it lies.
type Role string

// The roles. Their names appear in URLs and in the catalog, so they never change.
const (
	RoleStore      Role = "store"      // live games databases: written to at any time, never sent as they are
	RoleSegment    Role = "segment"    // new games of this node in closed databases, <config>/<sha256>.db
	RoleSnapshot   Role = "snapshot"   // consistent copies of stores
	RoleSynced     Role = "synced"     // games files of other nodes, <source node>/<name>
	RoleDataset    Role = "dataset"    // training and holdout samples
	RoleModel      Role = "model"      // weights
	RoleCheckpoint Role = "checkpoint" // what an interrupted job resumes from
)

// Folder is where the files of one role lie.
type Folder struct {
	Role  Role
	Path  string // below DATA_DIR, slash-separated
	Parts int    // of a name, at most
	Live  bool   // its files change while they are there
}

// Layout returns the folders of all roles. A folder may be a symbolic link, to another disk for example.
func Layout() []Folder {
	return []Folder{
		{Role: RoleStore, Path: "games", Parts: 1, Live: true},
		{Role: RoleSegment, Path: "games/segments", Parts: 2},
		{Role: RoleSnapshot, Path: "games/snapshots", Parts: 2},
		{Role: RoleSynced, Path: "games/synced", Parts: 3},
		{Role: RoleDataset, Path: "training", Parts: 3},
		{Role: RoleModel, Path: "models", Parts: 3},
		{Role: RoleCheckpoint, Path: "checkpoints", Parts: 3},
	}
}

const (
	quarantineFolder = "quarantine"
	indexFile        = "data-index.db"
)
