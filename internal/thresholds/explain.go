package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/strict"
)

// Explanation is what is known of a key.
type Explanation struct {
	Key      string   `json:"key"`
	Help     string   `json:"help"`
	Unit     string   `json:"unit"`
	Allowed  string   `json:"allowed"`
	Rules    []string `json:"rules"` // between it and other keys
	Fast     string   `json:"fast"`
	Standard string   `json:"standard"`
	Value    string   `json:"value"` // in force; empty if that is unknown
	Line     int      `json:"line"`  // of the file; 0 if the value is the preset's
}

// UnknownKey is the error for a key that does not exist.
type UnknownKey struct {
	Key, Nearest string // Nearest is empty if none is near
}

// Error names the key and what to do instead.
func (u *UnknownKey) Error() string {
	if u.Nearest == "" {
		return fmt.Sprintf("unknown key %s: the groups are %s", strict.Short(u.Key), strings.Join(new(Thresholds).tree().parts(), ", "))
	}
	return fmt.Sprintf("unknown key %s: did you mean %s?", strict.Short(u.Key), u.Nearest)
}

// Explain tells what is known of a key, of all keys of a group, or, for the empty key, of all there are. Now is what
// is in force, nil if that is unknown. Its error is an *UnknownKey.
func Explain(key string, now *Snapshot) ([]Explanation, error) {
	fast, err := Preset(Fast)
	if err != nil {
		return nil, err
	}
	standard, err := Preset(Standard)
	if err != nil {
		return nil, err
	}
	list, others := []Explanation{}, standard.tree().all()
	for i, f := range fast.tree().all() {
		if key == "" || f.key == key || strings.HasPrefix(f.key, key+".") {
			list = append(list, explain(f, others[i]))
		}
	}
	if len(list) == 0 {
		return nil, &UnknownKey{Key: key, Nearest: nearest(strings.ToLower(key))}
	}
	if now != nil {
		now.addTo(list)
	}
	return list, nil
}

func explain(fast, standard field) Explanation {
	e := Explanation{
		Key: fast.key, Help: fast.tag.Get("help"), Unit: fast.tag.Get("unit"), Allowed: fast.allowed(), Rules: []string{},
		Fast: fast.text(), Standard: standard.text(),
	}
	for _, rule := range Rules() {
		if slices.Contains(rule.keys(), e.Key) {
			e.Rules = append(e.Rules, rule.String())
		}
	}
	return e
}

// addTo tells each explanation what is in force.
func (s Snapshot) addTo(list []Explanation) {
	values := map[string]string{}
	for _, f := range s.tree().all() {
		values[f.key] = f.text()
	}
	for i, e := range list {
		list[i].Value, list[i].Line = values[e.Key], s.Lines[e.Key]
	}
}
