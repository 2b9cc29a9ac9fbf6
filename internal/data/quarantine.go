package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
// judged is left where it is. ErrNotHere and ErrChanged: the file that was judged is not there any more.
func (d *Dir) Quarantine(item Item, verdict format.Verdict) (Quarantined, error) {
	if verdict.State != format.Corrupt {
		return Quarantined{}, fmt.Errorf("quarantine %s: the verdict is %s (%s): only what is proved corrupt is moved",
			item.Place, verdict.State, verdict.Reason)
	}
	d.placing.Lock()
	defer d.placing.Unlock()
	from, err := d.judged(item)
	if err != nil {
		return Quarantined{}, fmt.Errorf("quarantine %s: %w", item.Place, err)
	}
	return d.putAside(from, item, verdict)
}

// putAside moves a file into quarantine. Whoever calls it holds placing, and has seen that it is the one that was judged.
func (d *Dir) putAside(from string, item Item, verdict format.Verdict) (Quarantined, error) {
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

func (d *Dir) writeReason(moved Quarantined) error {
	text, err := json.MarshalIndent(moved, "", "  ")
	if err != nil {
		return fmt.Errorf("encode reason: %w", err)
	}
	err = d.writeQuarantined(moved.File+reasonSuffix, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("write reason: %w", err)
	}
	return nil
}

// Quarantine that is older than age is deleted; RemoveQuarantined returns what went.
func (d *Dir) RemoveQuarantined(age time.Duration) ([]Quarantined, error) {
	all, err := d.reasons()
	if err != nil {
		return nil, err
	}
	if err := d.removeUnfinished(age); err != nil {
		return nil, fmt.Errorf("empty quarantine: %w", err)
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

// removeUnfinished deletes what a process has left that died while it wrote a file of the quarantine.
func (d *Dir) removeUnfinished(age time.Duration) error {
	entries, err := fs.ReadDir(d.quarantine.FS(), ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		info, err := entry.Info()
		if err == nil && d.config.Now().Sub(info.ModTime()) >= age {
			err = d.quarantine.Remove(entry.Name())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
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
		if err := json.Unmarshal(text, &one); err != nil { // its file stays, for whoever can tell what it is
			d.config.Logger.Warn("the reason of a file in quarantine cannot be read", "reason", entry.Name(), "error", err)
			continue
		}
		// The file's name comes from the folder, not from the text: what is deleted must lie here.
		one.File = strings.TrimSuffix(entry.Name(), reasonSuffix)
		all = append(all, one)
	}
	return all, nil
}
