package thresholds

import (
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// nearest is the key, or the group, that was probably meant: one of the same group, else one that looks like it as a
// whole, else one of that name elsewhere.
func nearest(key string) string {
	var keys, names []string
	group, name, _ := cutLast(key)
	for _, s := range new(Thresholds).tree().every() {
		parts := s.parts()
		if near := spec.Nearest(name, parts); near != "" && s.key == group {
			return s.below(near)
		}
		for _, part := range parts {
			keys, names = append(keys, s.below(part)), append(names, part)
		}
	}
	if near := spec.Nearest(key, keys); near != "" && !slices.Contains(keys, group) {
		return near
	}
	if near := spec.Nearest(name, names); near != "" {
		return keys[slices.Index(names, near)]
	}
	return ""
}

// place says how a key is written in the file.
func place(key string) string {
	if group, name, found := cutLast(key); found {
		return name + " below " + group
	}
	return key
}

func cutLast(key string) (group, name string, found bool) {
	at := strings.LastIndexByte(key, '.')
	return key[:max(at, 0)], key[at+1:], at >= 0
}
