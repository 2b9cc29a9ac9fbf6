package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Config says which folder a Dir opens and how.
type Config struct {
	Path        string // DATA_DIR
	Node        string // the id of this node; inventories carry it
	MinimumFree int64  // bytes that arrivals leave free on each disk; 0 means none
	Logger      *slog.Logger
	Now         func() time.Time // nil means time.Now
}

// Dir is an opened DATA_DIR. Its methods may be called from many goroutines. One process a node has it
// open for writing; others may open it too, arrivals exclude each other by file locks.
type Dir struct {
	config     Config
	folders    map[Role]*folder
	quarantine *os.Root
	index      *index
	space      space

	scanning sync.Mutex // one scan at a time
	placing  sync.Mutex // one file at a time comes to its place, or leaves it
	mu       sync.RWMutex
	held     map[Place]held
	places   map[Sum][]Place
	changed  map[Place]Changed
	changes  uint64           // counts arrivals and losses, so that a scan which began before one does not undo it
	gone     map[Place]uint64 // what went since the last scan, with its change
	scanned  scanResult
	listed   *Inventory // what Inventory returned last; nil after a change
}

// folder is the opened folder of a role.
type folder struct {
	Folder
	*os.Root
}

// held is an item with what tells that its file is still the one that was hashed.
type held struct {
	item     Item
	identity identity
	change   uint64
}

// Open opens DATA_DIR and creates the folders that are missing. Close it when done.
func Open(config Config) (*Dir, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Dir{config: config, folders: map[Role]*folder{}, held: map[Place]held{}, places: map[Sum][]Place{},
		changed: map[Place]Changed{}, gone: map[Place]uint64{}}
	for _, one := range Layout() {
		opened, err := openFolder(config.Path, one.Path)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.folders[one.Role] = &folder{one, opened}
	}
	var err error
	if d.quarantine, err = openFolder(config.Path, quarantineFolder); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if d.index, err = openIndex(filepath.Join(config.Path, indexFile), config.Logger); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func openFolder(dir, name string) (*os.Root, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("create folder: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return root, nil
}

// Close ends the use of the folder. Arrivals that are under way must be closed before.
func (d *Dir) Close() error {
	var errs []error
	for _, folder := range d.folders {
		errs = append(errs, folder.Close())
	}
	if d.quarantine != nil {
		errs = append(errs, d.quarantine.Close())
	}
	if d.index != nil {
		errs = append(errs, d.index.close())
	}
	return errors.Join(errs...)
}

// Node returns the id of the node whose files these are.
func (d *Dir) Node() string { return d.config.Node }

// Path returns the file of a place, for those who need a path (SQLite, the workload's commands). The file
// need not exist. A name that could leave the folder is an error.
func (d *Dir) Path(place Place) (string, error) {
	folder, err := d.folder(place)
	if err != nil {
		return "", err
	}
	return filepath.Join(folder.Name(), filepath.FromSlash(place.Name)), nil
}

// folder returns the folder of a place whose name may lie there.
func (d *Dir) folder(place Place) (*folder, error) {
	folder, known := d.folders[place.Role]
	if !known {
		return nil, fmt.Errorf("role %.80q is unknown: use one of %s", place.Role, roleNames())
	}
	if err := CheckName(place.Name, folder.Parts); err != nil {
		return nil, fmt.Errorf("role %s: %w", place.Role, err)
	}
	return folder, nil
}

// OpenItem opens an item's file for reading. ErrNotHere: it is gone. ErrChanged: something else lies there.
func (d *Dir) OpenItem(item Item) (*os.File, error) {
	d.mu.RLock()
	known, found := d.held[item.Place]
	d.mu.RUnlock()
	if !found || known.item.Live || known.item.SHA256 != item.SHA256 {
		return nil, fmt.Errorf("open %s: %w", item.Place, ErrNotHere)
	}
	return d.open(known)
}

// open opens a file as long as it is the one that was hashed.
func (d *Dir) open(one held) (*os.File, error) {
	item := one.item
	// A pipe that took the file's place must not block.
	file, err := d.folders[item.Role].OpenFile(filepath.FromSlash(item.Name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open %s: %w", item.Place, ErrNotHere)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", item.Place, err)
	}
	if err := one.identity.check(file); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", item.Place, err), file.Close())
	}
	return file, nil
}

// OpenContent opens any file with these bytes. ErrChanged: all that had them were changed.
func (d *Dir) OpenContent(sum Sum) (Item, *os.File, error) {
	err := fmt.Errorf("open %s: %w", sum, ErrNotHere)
	for _, item := range d.Find(sum) {
		file, failed := d.OpenItem(item)
		if failed == nil {
			return item, file, nil
		}
		err = failed
	}
	return Item{}, nil, err
}

// CheckItem says ErrChanged if an opened item is no longer the file that was hashed.
func (d *Dir) CheckItem(item Item, file *os.File) error {
	d.mu.RLock()
	known, found := d.held[item.Place]
	d.mu.RUnlock()
	if !found || known.item.SHA256 != item.SHA256 {
		return fmt.Errorf("check %s: %w", item.Place, ErrChanged)
	}
	if err := known.identity.check(file); err != nil {
		return fmt.Errorf("check %s: %w", item.Place, err)
	}
	return nil
}

// Marks returns the content of an item with its marks.
func (d *Dir) Marks(ctx context.Context, item Item) (Content, error) {
	file, err := d.OpenItem(item)
	if err != nil {
		return Content{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	d.mu.RLock()
	known := d.held[item.Place]
	d.mu.RUnlock()
	content, found, err := d.index.get(ctx, known.identity)
	if err != nil || found && content.SHA256 == item.SHA256 {
		return content, err
	}
	if content, err = ReadContent(ctx, file); err != nil {
		return Content{}, fmt.Errorf("hash %s: %w", item.Place, err)
	}
	if content.SHA256 != item.SHA256 {
		return Content{}, fmt.Errorf("hash %s: %w", item.Place, ErrChanged)
	}
	return content, d.index.put(ctx, known.identity, content)
}

func roleNames() []Role {
	var roles []Role
	for _, folder := range Layout() {
		roles = append(roles, folder.Role)
	}
	return roles
}
