package qualitymonitor

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
)

const (
	// mergedStores begin the names of the stores that AUTO_SYNC merges the games of all nodes into.
	mergedStores = "canonical_"
	// validations are begun in one round at most; the next round goes on.
	validations = 1
	// lookBack is how many games are looked through for those that are judged, as a multiple of the sample.
	lookBack = 2
	// retryAfter is when a file is tried again whose games could not be judged.
	retryAfter = 5 * time.Minute
)

// sample is what is known of the newest games of a configuration.
type sample struct {
	games    []game // that are judged, the newest first, each once
	unjudged int    // others that were met on the way
	faults   []string
	// partly says that the rest is judged in the next round.
	partly bool
}

// version is a file as it was at some time: another one at its place is another version.
type version struct {
	place    data.Place
	sum      data.Sum
	modified time.Time
}

func versionOf(item data.Item) version { return version{item.Place, item.SHA256, item.Modified} }

// judged is what is known of a version of a file.
type judged struct {
	games []game
	size  int    // so many were asked for
	fault string // why some of them are unjudged
	at    time.Time
}

// playedHere returns the files with new games of this node, by configuration and the newest first.
func playedHere(items []data.Item) map[string][]data.Item {
	files := map[string][]data.Item{}
	for _, item := range items {
		if item.ConfigKey != "" && (newStore(item) || newSegment(item)) {
			files[item.ConfigKey] = append(files[item.ConfigKey], item)
		}
	}
	for _, of := range files {
		slices.SortFunc(of, func(a, b data.Item) int {
			return cmp.Or(b.Modified.Compare(a.Modified), cmp.Compare(a.Name, b.Name))
		})
	}
	return files
}

func newStore(item data.Item) bool {
	return item.Role == data.RoleStore && !strings.HasPrefix(item.Name, mergedStores)
}

// newSegment says that a file has nothing but games that were played here to learn from: others are called after what
// they are for.
func newSegment(item data.Item) bool {
	return item.Role == data.RoleSegment && path.Base(item.Name) == item.SHA256.String()+".db"
}

// look takes the newest files until there are enough games, and of these the newest.
func (m *monitor) look(ctx context.Context, files []data.Item, size int) (sample, error) {
	var s sample
	games := met{}
	for _, item := range files {
		if unjudged := games.unjudged(); len(games)-unjudged >= size || len(games) >= lookBack*size {
			break
		}
		of, err := m.judge(ctx, item, size)
		if ctx.Err() != nil {
			return s, ctx.Err()
		}
		if err != nil { // the other files are judged all the same
			of.fault = err.Error()
		}
		if of.fault != "" {
			s.faults = append(s.faults, of.fault)
		}
		s.partly = s.partly || of.at.IsZero()
		games.add(of.games)
	}
	s.games, s.unjudged = games.newest(size), games.unjudged()
	return s, nil
}

// met are games by id.
type met map[string]game

// add takes each game once. One that is unjudged in a store may be judged in a segment that was cut from it.
func (m met) add(games []game) {
	for _, one := range games {
		if known, found := m[one.id]; !found || known.score == nil {
			m[one.id] = one
		}
	}
}

func (m met) unjudged() (count int) {
	for _, one := range m {
		if one.score == nil {
			count++
		}
	}
	return count
}

// newest are the newest games that are judged, at most size.
func (m met) newest(size int) (games []game) {
	for _, one := range m {
		if one.score != nil {
			games = append(games, one)
		}
	}
	slices.SortFunc(games, func(a, b game) int { return cmp.Or(cmp.Compare(b.completed, a.completed), cmp.Compare(a.id, b.id)) })
	return games[:min(len(games), size)]
}

// judge returns the newest games of a file. Its time is zero if they are judged in another round.
func (m *monitor) judge(ctx context.Context, item data.Item, size int) (judged, error) {
	known, found := m.files[versionOf(item)]
	if found && known.size == size && (known.fault == "" || m.rt.Now().Sub(known.at) < retryAfter) {
		return known, nil
	}
	now := judged{size: size, at: m.rt.Now()}
	place, err := m.rt.Files.Path(item.Place)
	if err != nil {
		return now, err
	}
	if now.games, err = readGames(ctx, place, item.Live, size); err != nil {
		return now, err
	}
	if !item.Live && unjudged(now.games) && m.canValidate(item.ConfigKey) {
		if m.validations++; m.validations > validations {
			return judged{games: now.games}, nil
		}
		if err := m.ask(ctx, item, place, now.games); err != nil {
			now.fault = fmt.Sprintf("%s: %v", item.Place, err)
		}
	}
	m.files[versionOf(item)] = now
	return now, nil
}

// ask has the games judged that have no score.
func (m *monitor) ask(ctx context.Context, item data.Item, place string, games []game) error {
	scores, err := m.validate(ctx, item, place)
	if err != nil {
		return err
	}
	for i := range games {
		if score, found := scores[games[i].id]; found && games[i].score == nil {
			games[i].score = &score
		}
	}
	return nil
}

// forget drops what is known of files that are gone.
func (m *monitor) forget(items []data.Item) {
	here := map[version]bool{}
	for _, item := range items {
		here[versionOf(item)] = true
	}
	for known := range m.files {
		if !here[known] {
			delete(m.files, known)
		}
	}
}
