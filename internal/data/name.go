package data

import (
	"fmt"
	"regexp"
	"strings"
)

// maxPart is the longest part of a name in bytes; file systems allow 255, and suffixes need room.
const maxPart = 200

// CheckName says why a name cannot be a file of a folder, or nil. A name has one to parts parts, separated
// by slashes; a part has letters, digits and ._+=@- and begins with a letter or a digit.
func CheckName(name string, parts int) error {
	pieces := strings.Split(name, "/")
	if len(pieces) > parts {
		return fmt.Errorf("name %.300q has %d parts, at most %d are allowed here", name, len(pieces), parts)
	}
	for _, piece := range pieces {
		if len(piece) > maxPart {
			return fmt.Errorf("name %.300q has a part of %d bytes, at most %d are allowed", name, len(piece), maxPart)
		}
		if !plain(piece) {
			return fmt.Errorf("name %.300q: each part needs letters, digits and ._+=@- only, a letter or digit first", name)
		}
	}
	return nil
}

func plain(piece string) bool {
	for i := range len(piece) {
		c := piece[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || strings.IndexByte("._+=@-", c) < 0) {
			return false
		}
	}
	return piece != ""
}

// configPattern finds a config key, such as hex8_2p, between separators.
var configPattern = regexp.MustCompile(`(?:^|[_/.-])([a-z]+[0-9]*_[1-9][0-9]?p)(?:[_/.-]|$)`)

// ConfigKey returns the config that a file's name tells, such as hex8_2p; empty where it tells none.
func ConfigKey(name string) string {
	if found := configPattern.FindStringSubmatch(name); found != nil {
		return found[1]
	}
	return ""
}
