package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stageFolder holds what is restored until it is complete.
const stageFolder = ".restoring"

// place is one folder of an installation that is restored: made beside its target and then moved.
type place struct {
	dir, variable string
	made, opened  bool // by this restore
}

func (p place) stage(name ...string) string {
	return filepath.Join(append([]string{p.dir, stageFolder}, name...)...)
}

// refuseUsed says what is in the folder. Who restores into a folder that is in use would mix two installations.
func (p place) refuseUsed() error {
	entries, err := os.ReadDir(p.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", p.variable, err)
	case len(entries) == 0:
		return nil
	case entries[0].Name() == stageFolder:
		return fmt.Errorf("%s %s holds what an interrupted restore has left: remove everything in it and restore again", p.variable, p.dir)
	}
	return fmt.Errorf("%s %s is not empty, it holds %s: a restore makes an installation in an empty folder; name a new one, or move this one away",
		p.variable, p.dir, entries[0].Name())
}

func (p *place) open() error {
	there, err := exists(p.dir)
	if err != nil {
		return fmt.Errorf("make %s: %w", p.variable, err)
	}
	p.made = !there
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", p.variable, err)
	}
	if err := os.Mkdir(p.stage(), 0o700); err != nil {
		return fmt.Errorf("make %s: %w", p.variable, err)
	}
	p.opened = true
	return nil
}

// move puts everything in its place, the installation's id last.
func (p place) move() error {
	entries, err := os.ReadDir(p.stage())
	if err != nil {
		return err
	}
	var last []string
	for _, entry := range entries {
		if entry.Name() == installationFile {
			last = append(last, entry.Name())
			continue
		}
		if err := p.moveOne(entry.Name()); err != nil {
			return err
		}
	}
	for _, name := range last {
		if err := p.moveOne(name); err != nil {
			return err
		}
	}
	return errors.Join(os.Remove(p.stage()), sync(p.dir))
}

func (p place) moveOne(name string) error {
	return errors.Join(os.Rename(p.stage(name), filepath.Join(p.dir, name)), sync(p.dir))
}

// discard removes what was not moved, and the folder if it was made for nothing.
func (p place) discard() error {
	if !p.opened {
		return nil
	}
	err := os.RemoveAll(p.stage())
	if entries, reading := os.ReadDir(p.dir); p.made && reading == nil && len(entries) == 0 {
		err = errors.Join(err, os.Remove(p.dir))
	}
	return err
}
