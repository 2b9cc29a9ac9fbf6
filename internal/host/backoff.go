package host

import (
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	firstDelay = time.Second
	maxDelay   = 300 * time.Second
	jitter     = 0.1
)

// Backoff is the delay before the attempt that follows the nth failure (n ≥ 1): 1 s doubled each time,
// at most 300 s, before jitter.
func Backoff(n int) time.Duration {
	delay := firstDelay
	for i := 1; i < n && delay < maxDelay; i++ {
		delay *= 2
	}
	return min(delay, maxDelay)
}

// jittered spreads d by ±10 %.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64()))
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
