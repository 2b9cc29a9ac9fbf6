package spec

import "time"

// Type names one kind of daemon, in UPPER_SNAKE. A type is for ever: a rename is an alias.
type Type string

// Category groups types by purpose. It is a label, never a scheduling rule.
type Category string

// The thirteen categories of the registry.
const (
	CategorySync         Category = "sync"
	CategoryEvent        Category = "event"
	CategoryHealth       Category = "health"
	CategoryPipeline     Category = "pipeline"
	CategoryEvaluation   Category = "evaluation"
	CategoryDistribution Category = "distribution"
	CategoryReplication  Category = "replication"
	CategoryResource     Category = "resource"
	CategoryProvider     Category = "provider"
	CategoryQueue        Category = "queue"
	CategoryFeedback     Category = "feedback"
	CategoryRecovery     Category = "recovery"
	CategoryMisc         Category = "misc"
)

// Scope says how many copies of a daemon live at once.
type Scope string

const (
	// ScopeCluster is one copy in the whole cluster, on any worker.
	ScopeCluster Scope = "cluster"
	// ScopeNode is one copy on every node that has one of the daemon's roles.
	ScopeNode Scope = "node"
)

// Role is what a node is used for.
type Role string

// The roles a node can have. A node that names none has all of them.
const (
	RoleCoordinator Role = "coordinator"
	RoleTraining    Role = "training"
	RoleSelfplay    Role = "selfplay"
	RoleStorage     Role = "storage"
)

// Status says whether this build can run a type.
type Status string

const (
	// StatusAvailable types have an implementation in this build.
	StatusAvailable Status = "available"
	// StatusPlanned types are listed, never started, and satisfy the edges that point at them.
	StatusPlanned Status = "planned"
	// StatusDeprecated types are aliases of their final replacement.
	StatusDeprecated Status = "deprecated"
)

// Daemon is one row of the registry. It travels as workflow input, so that a running daemon keeps
// the row it was started with until the operator's next `up`.
type Daemon struct {
	Type     Type     `json:"type"`
	Category Category `json:"category"`
	// Runner is the factory's name in the reference registry, kept as the row's foreign key.
	Runner    string `json:"runner"`
	DependsOn []Type `json:"depends_on,omitempty"`

	// HealthCheckInterval is the interval as the registry prints it; see EffectiveHealthCheckInterval.
	HealthCheckInterval time.Duration `json:"health_check_interval_ns"`
	AutoRestart         bool          `json:"auto_restart"`
	// MaxRestarts is the number of automatic restarts after the first start: N means N+1 attempts.
	MaxRestarts int  `json:"max_restarts"`
	Critical    bool `json:"critical,omitempty"`

	Deprecated        bool   `json:"deprecated,omitempty"`
	DeprecatedMessage string `json:"deprecated_message,omitempty"`
	// Replacement is the next name along the replacement column; it may itself be deprecated.
	Replacement Type `json:"replacement,omitempty"`
	// Params are handed to the daemon; on an alias they are merged over those of its target.
	Params map[string]string `json:"params,omitempty"`

	Scope Scope `json:"scope"`
	// Roles limits a node-scoped daemon to nodes with one of them; empty means every node.
	Roles []Role `json:"roles,omitempty"`
	// StartupPosition is the 0-based index in the reference's startup order, -1 when not in it.
	StartupPosition int `json:"startup_position"`
	// Added marks the types that this project adds because rows of the reference point at them.
	Added  bool   `json:"added,omitempty"`
	Status Status `json:"status"`

	// HeartbeatTimeout is how long a silent worker is believed alive; at most twice the effective interval.
	HeartbeatTimeout time.Duration `json:"heartbeat_timeout_ns"`
	// StartupGrace is how long after its start a daemon's health verdicts are not held against it.
	StartupGrace time.Duration `json:"startup_grace_ns"`
	// ReadyTimeout bounds initialisation; past it the attempt has failed.
	ReadyTimeout time.Duration `json:"ready_timeout_ns"`
	// StopTimeout is how long a daemon may take to stop before it is abandoned and fenced.
	StopTimeout time.Duration `json:"stop_timeout_ns"`
	// ProbeInterval is the pause between single tries once the restart budget is spent.
	ProbeInterval time.Duration `json:"probe_interval_ns"`
	// StabilityWindow is the healthy time after which the whole restart budget is given back.
	StabilityWindow time.Duration `json:"stability_window_ns"`
	// UnhealthyThreshold is the number of unhealthy verdicts in a row that count as a failure.
	UnhealthyThreshold int `json:"unhealthy_threshold"`

	// RestartPause is the wait after the first failure, which doubles up to MaxRestartPause; zero means
	// FirstRestartDelay and MaxRestartDelay.
	RestartPause    time.Duration `json:"restart_pause_ns,omitempty"`
	MaxRestartPause time.Duration `json:"max_restart_pause_ns,omitempty"`
	// Program makes the row a command daemon; nil for one that this build has code for.
	Program *Program `json:"program,omitempty"`
}

// Defaults of the registry and of the lifecycle.
const (
	DefaultHealthCheckInterval  = 30 * time.Second
	CriticalHealthCheckInterval = 15 * time.Second
	DefaultMaxRestarts          = 5

	defaultHeartbeatTimeout  = 60 * time.Second
	criticalHeartbeatTimeout = 30 * time.Second
	defaultStartupGrace      = 60 * time.Second
	defaultReadyTimeout      = 30 * time.Second
	defaultStopTimeout       = 30 * time.Second
	defaultProbeInterval     = 30 * time.Minute
	criticalProbeInterval    = 5 * time.Minute
	defaultStabilityWindow   = time.Hour
)

// WithDefaults returns the row with every lifecycle field that is zero set to its default.
// It never touches AutoRestart and MaxRestarts, whose zero values mean something.
func (d Daemon) WithDefaults() Daemon {
	setDuration(&d.HealthCheckInterval, DefaultHealthCheckInterval)
	setDuration(&d.HeartbeatTimeout, pick(d.Critical, criticalHeartbeatTimeout, defaultHeartbeatTimeout))
	setDuration(&d.StartupGrace, defaultStartupGrace)
	setDuration(&d.ReadyTimeout, defaultReadyTimeout)
	setDuration(&d.StopTimeout, defaultStopTimeout)
	setDuration(&d.ProbeInterval, pick(d.Critical, criticalProbeInterval, defaultProbeInterval))
	setDuration(&d.StabilityWindow, defaultStabilityWindow)
	if d.UnhealthyThreshold == 0 {
		d.UnhealthyThreshold = pick(d.Critical, 2, 3)
	}
	if d.Scope == "" {
		d.Scope = ScopeCluster
	}
	return d
}

// EffectiveHealthCheckInterval is the interval the host really uses: critical daemons are checked
// at least every 15 s.
func (d Daemon) EffectiveHealthCheckInterval() time.Duration {
	if d.Critical {
		return min(d.HealthCheckInterval, CriticalHealthCheckInterval)
	}
	return d.HealthCheckInterval
}

// RestartBudget is the number of attempts one budget pays for: the first run and every automatic restart.
func (d Daemon) RestartBudget() int {
	if !d.AutoRestart {
		return 1
	}
	return d.MaxRestarts + 1
}

func setDuration(field *time.Duration, value time.Duration) {
	if *field == 0 {
		*field = value
	}
}

func pick[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}

// The curve of restart delays: the first, how it grows, and where it ends. The host adds jitter.
const (
	FirstRestartDelay  = time.Second
	RestartDelayGrowth = 2
	MaxRestartDelay    = 300 * time.Second
)

// RestartCurve is the first wait after a failure and the longest one, before jitter.
func (d Daemon) RestartCurve() (first, longest time.Duration) {
	first, longest = FirstRestartDelay, MaxRestartDelay
	if d.RestartPause != 0 {
		first = d.RestartPause
	}
	if d.MaxRestartPause != 0 {
		longest = d.MaxRestartPause
	}
	return first, max(first, longest)
}

// RestartDelay is the wait before the attempt that follows the nth failure (n ≥ 1), before jitter.
func (d Daemon) RestartDelay(n int) time.Duration {
	delay, longest := d.RestartCurve()
	for i := 1; i < n && delay < longest; i++ {
		delay *= RestartDelayGrowth
	}
	return min(delay, longest)
}

// Roles lists every role a node can have.
func Roles() []Role { return []Role{RoleCoordinator, RoleTraining, RoleSelfplay, RoleStorage} }
