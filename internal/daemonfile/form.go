package daemonfile

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// form is a form that a text may have to have.
type form struct {
	words   string                  // what is allowed, after "use "
	pattern *regexp.Regexp          // what it looks like, also for the schema; nil is anything
	check   func(text string) error // what it has to be beside that; nil is nothing
}

// forms are those that tags name. Paths are made absolute, see value.go.
var forms = map[string]form{
	"path":       {words: "a path, from the folder of this file"},
	"word":       {words: "one word of lower-case letters, digits and _", pattern: regexp.MustCompile(`^[a-z][a-z0-9_]*$`)},
	"user":       {words: "the name or the number, in quotes, of a user", pattern: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)},
	"type":       {words: "a type of the registry, such as S3_NODE_SYNC", pattern: regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)},
	"schedule":   {words: "five fields as in cron, such as \"*/5 * * * *\", or @hourly, @daily, @weekly, @monthly, @yearly, @every 90m", pattern: regexp.MustCompile(`^(@|[^=]+$)`), check: checkSchedule},
	"zone":       {words: "the IANA name of a time zone, such as Europe/Berlin", pattern: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+/-]*$`), check: checkZone},
	"url":        {words: "a URL, such as http://127.0.0.1:8080/health", pattern: regexp.MustCompile(`^https?://[^/]`), check: checkURL},
	"address":    {words: "host:port, such as 127.0.0.1:5432", pattern: regexp.MustCompile(`^.+:[0-9]+$`), check: checkAddress},
	"expression": {words: "a regular expression (RE2)", check: checkExpression},
}

// problem says why a text has not the form; nil if it has.
func (f form) problem(text string) error {
	switch {
	case f.pattern != nil && !f.pattern.MatchString(text):
		return errors.New("") // the words say it all
	case f.check != nil:
		return f.check(text)
	}
	return nil
}

func checkURL(text string) error {
	address, err := url.Parse(text)
	if err != nil {
		var fault *url.Error
		errors.As(err, &fault)
		return fault.Err
	}
	if address.Hostname() == "" {
		return errors.New("it has no host")
	}
	return nil
}

func checkAddress(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		var fault *net.AddrError
		errors.As(err, &fault)
		return errors.New(fault.Err)
	}
	if number, err := strconv.Atoi(port); err != nil || number < 1 || number > 65535 {
		return errors.New("the port is none from 1 to 65535")
	}
	if host == "" {
		return errors.New("it has no host")
	}
	return nil
}

func checkExpression(text string) error {
	_, err := regexp.Compile(text)
	return err
}

func checkZone(text string) error {
	if text == "Local" { // differs from node to node
		return errors.New("") // the words say it all
	}
	_, err := time.LoadLocation(text)
	return err
}

func checkSchedule(text string) error {
	if every, is := strings.CutPrefix(text, "@every "); is {
		if pause, right := parseDuration(every); !right || pause < time.Second {
			return errors.New("@every takes a duration of 1s or more, such as 90m")
		}
	}
	schedule, err := cron.ParseStandard(text) // which takes a zone too, but for the pattern
	if err != nil {
		return err
	}
	if schedule.Next(time.Unix(0, 0)).IsZero() {
		return errors.New("that time never comes")
	}
	return nil
}
