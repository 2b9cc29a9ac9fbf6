package processcompose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// forShell is a line as a shell gets it. What process-compose puts in when it loads the file, the shell puts in when it
// runs the line: that keeps secrets out of the file of daemons, and takes a changed .env at the next start.
func (p *process) forShell(about item, line string) string {
	for _, one := range uses(line) {
		if p.expand {
			p.passOn(about, line, one)
		}
	}
	if !p.expand {
		return line
	}
	return strings.ReplaceAll(line, "$$", "$")
}

// uses are the variables of a text, each once.
func uses(text string) []use {
	var all []use
	for _, match := range variable.FindAllString(text, -1) {
		one := useOf(match)
		if one.name != "" && !slices.ContainsFunc(all, func(u use) bool { return u.name == one.name }) {
			all = append(all, one)
		}
	}
	return all
}

// passOn sees to it that a shell has a variable, and tells what is different.
func (p *process) passOn(about item, line string, one use) {
	_, inFile := p.dotenv.values[one.name]
	within := quoted(line, one.name)
	if within {
		p.changes(about, "%s stands between single quotes, where the shell leaves it as it is, and process-compose does not: take double ones if it is meant", one.name)
	}
	switch {
	case p.sets(one.name):
		p.changes(about, "%s is what environment says, as the shell puts it in; process-compose puts in its own, or that of %s (and leaves $$%s to the shell)", one.name, dotenvName, one.name)
	case inFile && p.dotenvs, p.refers(one.name), within:
	case slices.Contains(spec.PassedOn(), one.name), ofTheShell(one.name), assigned(line, one.name):
	case one.given:
		p.changes(about, "%s is not in %s, so that %q holds: write it into env if the worker has it: ${env:%s}", one.name, dotenvName, one.otherwise, one.name)
	default:
		p.settings = append(p.settings, setting{one.name, "${env:" + one.name + "}", about})
		p.changes(about, "the worker has to have %s in its environment, or the start fails: process-compose takes its own, or nothing", one.name)
	}
}

// sets says whether the environment of the process has a variable, other than that which process-compose puts in.
func (p *process) sets(name string) bool {
	return slices.ContainsFunc(p.settings, func(s setting) bool { return s.name == name }) && !p.refers(name)
}

// refers says whether the environment passes a variable on by its own name.
func (p *process) refers(name string) bool {
	return slices.ContainsFunc(p.settings, func(s setting) bool { return s.name == name && s.value == "${env:"+name+"}" })
}

// ofTheShell are variables that a shell has by itself.
func ofTheShell(name string) bool {
	own := []string{"PWD", "OLDPWD", "HOSTNAME", "UID", "EUID", "PPID", "RANDOM", "SECONDS", "EPOCHSECONDS", "LINENO", "IFS", "OPTARG", "OPTIND", "SHLVL", "PIPESTATUS", "REPLY", "FUNCNAME"}
	return strings.HasPrefix(name, "BASH") || slices.Contains(own, name)
}

// assigned says whether a line gives a variable its value itself.
func assigned(line, name string) bool {
	found, err := regexp.MatchString(`(^|[^A-Za-z0-9_$])(`+name+`=|(for|read|local|declare)( +-?\w+)* +`+name+`\b)`, line)
	return err == nil && found
}

// plainWord needs no quotes.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// quotedWord is a text as one word of a shell, with its variables put in.
func quotedWord(text string) string {
	var word strings.Builder
	literal := func(part string) {
		switch {
		case part == "":
		case plainWord.MatchString(part):
			word.WriteString(part)
		default:
			word.WriteString("'" + strings.ReplaceAll(part, "'", `'\''`) + "'")
		}
	}
	rest := 0
	for _, at := range variable.FindAllStringIndex(text, -1) {
		literal(text[rest:at[0]])
		if match := text[at[0]:at[1]]; match == "$$" {
			literal("$")
		} else {
			word.WriteString(`"` + match + `"`)
		}
		rest = at[1]
	}
	literal(text[rest:])
	if word.Len() == 0 {
		return "''"
	}
	return word.String()
}

// quoted says whether a line has a variable between single quotes.
func quoted(line, name string) bool {
	double := false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\':
			i++
		case line[i] == '"':
			double = !double
		case line[i] == '\'' && !double:
			end := strings.IndexByte(line[i+1:], '\'')
			if end < 0 {
				return false
			}
			for _, one := range uses(line[i+1 : i+1+end]) {
				if one.name == name {
					return true
				}
			}
			i += end + 1
		}
	}
	return false
}
