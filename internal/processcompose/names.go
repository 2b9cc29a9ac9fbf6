package processcompose

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// longest is how long a daemon's name may be, with room for what tells it from others.
const longest = 56

// entryName is what a replica is called: as process-compose calls it, as far as a daemon can be called so, and as no
// other is.
func (p *process) entryName(number int) string {
	name := p.about.name
	if p.replicas > 1 {
		name = fmt.Sprintf("%s-%0*d", name, len(strconv.Itoa(p.replicas)), number)
	}
	name = plainName(name)
	for again, first := 2, name; p.taken[typeOf(name)]; again++ {
		name = fmt.Sprintf("%s-%d", first, again)
	}
	p.taken[typeOf(name)] = true
	return name
}

func typeOf(name string) spec.Type {
	return spec.Type(strings.ReplaceAll(strings.ToUpper(name), "-", "_"))
}

// plainName makes letters, digits and single - or _ between them of a name, a letter first.
func plainName(name string) string {
	var plain strings.Builder
	for _, sign := range name {
		word := sign >= 'a' && sign <= 'z' || sign >= 'A' && sign <= 'Z' || sign >= '0' && sign <= '9'
		before := plain.String()
		switch {
		case plain.Len() >= longest:
		case word:
			plain.WriteRune(sign)
		case before == "" || strings.HasSuffix(before, "-") || strings.HasSuffix(before, "_"):
		case sign == '_':
			plain.WriteRune(sign)
		default:
			plain.WriteRune('-')
		}
	}
	made := strings.TrimRight(plain.String(), "-_")
	if made == "" || made[0] <= '9' {
		made = strings.TrimRight("process-"+made, "-")
	}
	return made
}

// categoryName is a word of lower-case letters, digits and _.
func categoryName(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Trim(name, " ")), "-", "_")
}
