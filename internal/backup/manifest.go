package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

const (
	// format is what this build writes, and the newest that it reads.
	format = 1

	manifestFile     = "manifest.json"
	manifestSumFile  = "manifest.sha256"
	maxManifestBytes = 4 << 20
)

// The names of parts. The log is bus/EVENTS.json and .snapshot, a bucket bus/<stream>.json and .jsonl.
const (
	partInstallation = "installation"
	partTemporal     = "temporal.db"
	partWorkers      = "workers"
	partSpool        = "events.tar"
	partTail         = "bus/tail"
	partLedger       = "ledger.db"

	busPrefix      = "bus/"
	settingsSuffix = ".json"
	snapshotSuffix = ".snapshot"
	entriesSuffix  = ".jsonl"
)

// ErrCorrupt is in the chain when an archive is not what was written: cut short, altered or incomplete.
var ErrCorrupt = errors.New("the archive is damaged")

// Manifest is the table of contents of an archive.
type Manifest struct {
	Format int `json:"format"`
	// Build is that of the program that made the archive; empty when it does not know its own.
	Build string `json:"build,omitempty"`
	// StartedAt and FinishedAt are when the first part was begun and the last one complete.
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	// Installation is the id that the namespace in Temporal knows the installation by.
	Installation string `json:"installation"`
	// Fences counts the daemons that older copies are refused of; NewestEpoch is the newest of their epochs.
	Fences      int       `json:"fences"`
	NewestEpoch time.Time `json:"newest_epoch,omitzero"`
	Parts       []Part    `json:"parts"`
	// Elsewhere is what the archive does not hold, and how that is backed up.
	Elsewhere []Elsewhere `json:"elsewhere"`
}

// Part is one file of an archive.
type Part struct {
	Name    string    `json:"name"`
	About   string    `json:"about"`
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`
	TakenAt time.Time `json:"taken_at"`
}

// Elsewhere is something that an archive leaves to others.
type Elsewhere struct {
	What string `json:"what"`
	Do   string `json:"do"`
}

// Bytes is the size of all parts.
func (m Manifest) Bytes() (sum int64) {
	for _, part := range m.Parts {
		sum += part.Bytes
	}
	return sum
}

// has says whether the archive holds a part.
func (m Manifest) has(name string) bool {
	for _, part := range m.Parts {
		if part.Name == name {
			return true
		}
	}
	return false
}

// hasBus says whether the archive holds the event bus.
func (m Manifest) hasBus() bool { return m.has(busPrefix + logStream + snapshotSuffix) }

// buckets names the buckets of the event bus.
func (m Manifest) buckets() (names []string) {
	for _, part := range m.Parts {
		if stream, found := strings.CutSuffix(part.Name, entriesSuffix); found {
			names = append(names, strings.TrimPrefix(stream, busPrefix))
		}
	}
	return names
}

// encode returns the manifest and the line that vouches for it, as sha256sum writes it.
func (m Manifest) encode() (text, sum []byte, err error) {
	text, err = json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("encode manifest: %w", err)
	}
	text = append(text, '\n')
	return text, sumLine(text), nil
}

func sumLine(manifest []byte) []byte {
	sum := sha256.Sum256(manifest)
	return []byte(hex.EncodeToString(sum[:]) + "  " + manifestFile + "\n")
}

// decodeManifest refuses a manifest that is not what was written, or newer than this build.
func decodeManifest(text, sum []byte) (m Manifest, err error) {
	if !bytes.Equal(sum, sumLine(text)) {
		return m, fmt.Errorf("%s does not match %s: %w", manifestFile, manifestSumFile, ErrCorrupt)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("read %s: %w: %w", manifestFile, ErrCorrupt, err)
	}
	if m.Format < 1 || m.Format > format {
		return m, fmt.Errorf("the archive has format %d, this build reads up to %d: use the build that made it, %q", m.Format, format, m.Build)
	}
	for _, part := range m.Parts {
		if !fs.ValidPath(part.Name) {
			return m, fmt.Errorf("%s lists part %q, which is no name: %w", manifestFile, part.Name, ErrCorrupt)
		}
	}
	return m, nil
}
