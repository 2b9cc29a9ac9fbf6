package daemonfile

import (
	"fmt"
	"strings"
)

// exampleTop is an example that runs anywhere.
const exampleTop = `## Daemons of this fleet: any command becomes one. Check this file, then let it run:
##
##     starter validate --file daemons.yaml
##     starter up --file daemons.yaml
##
version: 1

daemons:
  hello:
    description: says what time it is
    shell: "while true; do date; sleep 10; done"
    log: {size: 1MiB, keep: 2}

  ## Everything that can be said of a daemon, with an example each. To use a line, take away its first #.
`

// Example is a file of daemons that runs anywhere, with every key that there is as a comment.
func Example() []byte {
	var text strings.Builder
	text.WriteString(exampleTop)
	for _, f := range entryFields() {
		fmt.Fprintf(&text, "\n    ## %s\n", f.tag.Get("help"))
		if f.fallback != "" {
			fmt.Fprintf(&text, "    ## default: %s\n", f.fallback)
		}
		fmt.Fprintf(&text, "    #%s: %s\n", f.name, f.tag.Get("example"))
		for _, part := range f.section() {
			fmt.Fprintf(&text, "    ##   %s: %s\n", part.name, part.tag.Get("help"))
		}
	}
	return []byte(text.String())
}
