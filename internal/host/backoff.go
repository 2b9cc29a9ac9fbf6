package host

import (
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// jitter spreads ticks and health checks by ±10 %.
	jitter = 0.1
	// restartJitter spreads restarts by ±5 %: with more, a first restart could take longer than 1.1 s.
	restartJitter = 0.05
)

// jittered spreads d by ±10 %.
func jittered(d time.Duration) time.Duration { return spread(d, jitter) }

func spread(d time.Duration, by float64) time.Duration {
	return time.Duration(float64(d) * (1 - by + 2*by*rand.Float64()))
}

// brake keeps many failures at once from becoming a storm of restarts: past a burst, it spreads them.
// Critical daemons are not slowed down.
type brake struct {
	mutex   sync.Mutex
	limiter *rate.Limiter
}

const (
	restartBurst      = 10
	restartsPerMoment = 2 // a second, once the burst is used up
)

func newBrake() *brake {
	return &brake{limiter: rate.NewLimiter(restartsPerMoment, restartBurst)}
}

func (b *brake) delay(critical bool, now time.Time) time.Duration {
	if critical {
		return 0
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.limiter.ReserveN(now, 1).DelayFrom(now)
}

func stack() []byte { return debug.Stack() }
