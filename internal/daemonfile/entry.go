package daemonfile

import "time"

// entry is one daemon of a file. Its tags are the one table of fields: what is read strictly, the JSON schema, the
// guide and the example go by them.
//
//	yaml        the key
//	help        what it means
//	default     what holds without it; in a section, default_KEY overrides that of one of its keys
//	min, max    bounds: of a number, duration or size, of the length of a text, of the number of parts of a list
//	oneof       the words that are allowed
//	form        a form of text, see forms
//	scalars     a list that takes numbers and the like as they are written
//	short       the key that is meant if a section is only one word
//	example     what the example shows
type entry struct {
	Description string `yaml:"description" min:"1" max:"200" example:"the database" help:"what it is for, in a line"`

	Command   []string `yaml:"command" min:"1" max:"1000" scalars:"yes" example:"[postgres, -D, data]" help:"the program and its arguments; either this or shell"`
	Shell     string   `yaml:"shell" min:"1" max:"65536" example:"dump | gzip > dump.gz" help:"a line for /bin/sh; either this or command"`
	Directory string   `yaml:"directory" form:"path" min:"1" max:"4096" default:"." example:"." help:"where it runs; a path from the folder of the file that declares it"`

	Environment      map[string]string `yaml:"env" min:"0" max:"1000" example:"{PGPORT: \"5433\", PASSWORD: \"${file:secret}\"}" help:"variables that it gets; a value may hold ${env:NAME}, of env_files or of the worker, or ${file:PATH}, which the worker resolves"`
	EnvironmentFiles []string          `yaml:"env_files" form:"path" min:"0" max:"64" example:"[.env]" help:"files of NAME=value lines, read at each start; env wins over them, a later file over an earlier one"`
	User             string            `yaml:"user" form:"user" min:"1" max:"64" example:"postgres" help:"the user that it runs as, which only root can choose; without it the worker's"`

	Category  string   `yaml:"category" form:"word" min:"1" max:"32" default:"misc" example:"database" help:"a word to list and filter daemons by"`
	Critical  bool     `yaml:"critical" default:"false" example:"false" help:"watched more closely: its health at least every 15s, two bad answers instead of three, tried again sooner"`
	DependsOn []string `yaml:"depends_on" min:"0" max:"200" example:"[network, EVENT_ROUTER]" help:"what has to be ready before it starts: names of the file, or types of the registry"`
	Scope     string   `yaml:"scope" oneof:"cluster|node" default:"cluster" example:"node" help:"cluster: one copy, on any node; node: a copy on every node"`
	Roles     []string `yaml:"roles" oneof:"coordinator|training|selfplay|storage" min:"0" max:"4" example:"[selfplay]" help:"only on nodes with one of these roles, for scope: node"`

	Kind       string        `yaml:"kind" oneof:"service|one_shot|scheduled" default:"service" example:"service" help:"service: runs until it is stopped; one_shot: runs to its end, once each time the fleet comes up; scheduled: runs at the times of schedule, which alone says so too"`
	Schedule   string        `yaml:"schedule" form:"schedule" min:"1" max:"200" example:"\"*/5 * * * *\"" help:"when it runs: five fields as in cron, or @hourly, @daily, @weekly, @monthly, @yearly, @every 90m"`
	TimeZone   string        `yaml:"time_zone" form:"zone" min:"1" max:"64" default:"UTC" example:"Europe/Berlin" help:"the zone that schedule is meant in"`
	CatchUp    bool          `yaml:"catch_up" default:"false" example:"true" help:"run once at the start if at least one run was missed"`
	RunTimeout time.Duration `yaml:"run_timeout" min:"1s" max:"24h" example:"10m" help:"a run of a one_shot or scheduled program that takes longer is ended; without it none is"`

	Readiness    *readiness    `yaml:"readiness" example:"{tcp: \"127.0.0.1:5433\"}" help:"how a service shows that it is ready; without it, it is as soon as it runs"`
	ReadyWithin  time.Duration `yaml:"ready_within" min:"1s" max:"24h" example:"60s" help:"a start that takes longer has failed; default 1m, and for a one_shot, which is ready when it has succeeded, its run_timeout or 1h"`
	Liveness     *liveness     `yaml:"liveness" default_interval:"10s" example:"{exec: [pg_isready, -p, 5433]}" help:"how a service that is ready is asked whether it lives; without it, it does while its process runs"`
	StartupGrace time.Duration `yaml:"startup_grace" min:"1s" max:"24h" default:"1m" example:"60s" help:"for so long after a start bad answers are not held against it"`
	Health       time.Duration `yaml:"health_check_interval" min:"15s" max:"24h" default:"30s" example:"30s" help:"how often its health is judged"`

	Stop         stop    `yaml:"stop" example:"{signal: SIGTERM, timeout: 10s}" help:"how it is stopped"`
	SuccessCodes []int   `yaml:"success_codes" least:"0" most:"255" min:"1" max:"256" default:"0" example:"[0]" help:"the exit codes that mean success"`
	Restart      restart `yaml:"restart" short:"policy" example:"{policy: on_failure, max_restarts: 10}" help:"what happens after it has ended; restart: always means restart: {policy: always}"`

	Limits limits `yaml:"limits" example:"{memory: 512MiB, nice: 5}" help:"what it may use, with all the processes that it starts"`
	Log    logs   `yaml:"log" example:"{size: 5MiB, keep: 2}" help:"how much of its output is kept"`

	Adopts   string `yaml:"adopts" form:"type" min:"1" max:"64" example:"S3_NODE_SYNC" help:"the planned row of the registry that it stands in for: type, edges, interval, restarts, scope, roles, category and criticality are that row's"`
	Disabled bool   `yaml:"disabled" default:"false" example:"true" help:"left out, as if it were not in the file"`
}

// question is a way to ask a program how it is, until it is well.
type question struct {
	Exec     []string      `yaml:"exec" min:"1" max:"1000" scalars:"yes" help:"a command that ends with 0 if all is well"`
	HTTP     string        `yaml:"http" form:"url" min:"1" max:"2000" help:"a URL that answers 200 to 399 if all is well"`
	TCP      string        `yaml:"tcp" form:"address" min:"1" max:"300" help:"host:port that takes connections if all is well"`
	Delay    time.Duration `yaml:"delay" min:"0s" max:"24h" default:"0s" help:"wait before the first question"`
	Interval time.Duration `yaml:"interval" min:"100ms" max:"24h" default:"1s" help:"pause between two questions"`
	Timeout  time.Duration `yaml:"timeout" min:"100ms" max:"1h" default:"5s" help:"an answer that takes longer is a bad one"`
	Success  int           `yaml:"success_threshold" min:"1" max:"100" default:"1" help:"good answers in a row that it takes to be well"`
}

// readiness is a question, or what a program says by itself once it is ready.
type readiness struct {
	question
	Log        string `yaml:"log" form:"expression" min:"1" max:"1000" help:"a regular expression that a line of its output matches once it is ready"`
	Descriptor int    `yaml:"descriptor" min:"3" max:"64" help:"the file descriptor on which it writes a line once it is ready"`
}

// liveness is a question that is asked on and on.
type liveness struct {
	question
	Failure int `yaml:"failure_threshold" min:"1" max:"100" default:"3" help:"bad answers in a row that it takes to be unwell"`
}

// stop is how a program is stopped.
type stop struct {
	Signal  string        `yaml:"signal" oneof:"SIGTERM|SIGINT|SIGQUIT|SIGHUP|SIGUSR1|SIGUSR2|SIGWINCH|SIGABRT|SIGKILL" default:"SIGTERM" help:"the signal that asks it to end"`
	Timeout time.Duration `yaml:"timeout" min:"100ms" max:"12h" default:"10s" help:"it is killed if it takes longer"`
}

// restart is what happens after a program has ended.
type restart struct {
	Policy      string        `yaml:"policy" oneof:"always|on_failure|no" help:"always, for a service only: also after success; on_failure; no; default always for a service, otherwise on_failure"`
	FirstDelay  time.Duration `yaml:"first_delay" min:"100ms" max:"24h" default:"1s" help:"wait before the first restart, which doubles each time"`
	MaxDelay    time.Duration `yaml:"max_delay" min:"100ms" max:"24h" default:"5m" help:"the longest that this wait doubles to"`
	MaxRestarts int           `yaml:"max_restarts" min:"0" max:"1000" default:"5" help:"restarts in a row before it is only tried now and then"`
	Window      time.Duration `yaml:"window" min:"1s" max:"168h" default:"1h" help:"after so long without a failure all its restarts are given back"`
	RetryEvery  time.Duration `yaml:"retry_every" min:"1s" max:"24h" help:"how often it is tried then; default 30m, 5m if critical"`
}

// limits are what a program may use.
type limits struct {
	Memory     Size `yaml:"memory" min:"1MiB" max:"64TiB" help:"memory of all its processes; without it any"`
	Processes  int  `yaml:"processes" min:"1" max:"1000000" help:"processes at a time; without it any number"`
	Processors int  `yaml:"processors" min:"1" max:"4096" help:"processors that it runs on; without it all"`
	Nice       int  `yaml:"nice" min:"0" max:"19" default:"0" help:"how far others go first"`
}

// logs are how much of a program's output is kept.
type logs struct {
	Size Size `yaml:"size" min:"4KiB" max:"10GiB" default:"5MiB" help:"a log file that is larger is closed, and a new one begun"`
	Keep int  `yaml:"keep" min:"1" max:"100" default:"2" help:"how many log files there are"`
}
