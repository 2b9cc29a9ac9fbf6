package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/data/format"
)

// Quarantined is a corrupt file that was moved out of sight, and why. It lies beside the file as JSON.
type Quarantined struct {
	Item   Item   `json:"item"`
	Reason string `json:"reason"`
	// Genuine is that of its verdict: the bytes are those of its hash.
	Genuine bool      `json:"genuine,omitempty"`
	At      time.Time `json:"at"`
	File    string    `json:"file"` // its name in the quarantine folder
}

// reasonSuffix ends the names of the files that tell why.
const reasonSuffix = ".reason.json"

// Quarantine moves an item away from readers. It refuses verdicts other than corrupt: what could not be
// judged is left where it is.
func (d *Dir) Quarantine(item Item, verdict format.Verdict) (Quarantined, error) {
	if verdict.State != format.Corrupt {
		return Quarantined{}, fmt.Errorf("quarantine %s: the verdict is %s (%s): only what is proved corrupt is moved",
			item.Place, verdict.State, verdict.Reason)
	}
	from, err := d.Path(item.Place)
	if err != nil {
		return Quarantined{}, err
	}
	if _, err := os.Lstat(from); err != nil {
		return Quarantined{}, fmt.Errorf("quarantine %s: %w", item.Place, err)
	}
	now := d.config.Now().UTC()
	file := fmt.Sprintf("%d-%s-%s", now.UnixNano(), item.Role, strings.ReplaceAll(item.Name, "/", "+"))
	moved := Quarantined{Item: item, Reason: verdict.Reason, Genuine: verdict.Genuine, At: now, File: file}
	// The reason goes first: a file without its reason would be a riddle, a reason without its file is none.
	if err := d.writeReason(moved); err != nil {
		return Quarantined{}, err
	}
	d.forget(item.Place)
	if err := d.move(from, file, item.Live); err != nil {
		return Quarantined{}, fmt.Errorf("quarantine %s: %w", item.Place, err)
	}
	return moved, nil
}

func (d *Dir) move(from, file string, live bool) error {
	suffixes := []string{""}
	if live {
		suffixes = []string{"-wal", "-shm", ""} // a log without its database is lost, so the database goes last
	}
	for _, suffix := range suffixes {
		err := os.Rename(from+suffix, filepath.Join(d.quarantine.Name(), file+suffix))
		if err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return errors.Join(syncFolder(d.quarantine, "."), syncPath(filepath.Dir(from)))
}

func (d *Dir) writeReason(moved Quarantined) error {
	text, err := json.MarshalIndent(moved, "", "  ")
	if err != nil {
		return fmt.Errorf("encode reason: %w", err)
	}
	temporary := "." + moved.File
	file, err := d.quarantine.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write reason: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = d.quarantine.Rename(temporary, moved.File+reasonSuffix)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write reason: %w", err), d.quarantine.Remove(temporary))
	}
	return syncFolder(d.quarantine, ".")
}

// Quarantine that is older than age is deleted; RemoveQuarantined returns what went.
func (d *Dir) RemoveQuarantined(age time.Duration) ([]Quarantined, error) {
	all, err := d.reasons()
	if err != nil {
		return nil, err
	}
	var gone []Quarantined
	for _, one := range all {
		if d.config.Now().Sub(one.At) < age {
			continue
		}
		for _, suffix := range []string{"", "-wal", "-shm", reasonSuffix} { // the reason last
			if err := d.quarantine.Remove(one.File + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return gone, fmt.Errorf("empty quarantine: %w", err)
			}
		}
		gone = append(gone, one)
	}
	return gone, nil
}

// QuarantinedFiles returns what lies in quarantine, oldest first.
func (d *Dir) QuarantinedFiles() ([]Quarantined, error) {
	all, err := d.reasons()
	if err != nil {
		return nil, err
	}
	var there []Quarantined
	for _, one := range all {
		switch _, err := d.quarantine.Lstat(one.File); {
		case err == nil:
			there = append(there, one)
		case !errors.Is(err, fs.ErrNotExist): // else the move did not come about, and is made again
			return nil, fmt.Errorf("read quarantine: %w", err)
		}
	}
	return there, nil
}

// reasons are those that lie in quarantine, oldest first, also where their file is not there.
func (d *Dir) reasons() ([]Quarantined, error) {
	entries, err := fs.ReadDir(d.quarantine.FS(), ".") // sorted by name, and names begin with the time
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	var all []Quarantined
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), reasonSuffix) || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		text, err := d.quarantine.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read quarantine: %w", err)
		}
		var one Quarantined
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, fmt.Errorf("read quarantine: %s: %w", entry.Name(), err)
		}
		// The file's name comes from the folder, not from the text: what is deleted must lie here.
		one.File = strings.TrimSuffix(entry.Name(), reasonSuffix)
		all = append(all, one)
	}
	return all, nil
}

func syncPath(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
