package activities

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/ringrift/orchestrator/internal/process"
)

var errCutOff = errors.New("connection refused")

func TestALeaseEndsOnTimeThoughACallHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		err := lease{every: 2 * time.Second, patience: 20 * time.Second}.hold(t.Context(), 0, func(ctx context.Context) error {
			if calls++; calls == 1 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		require.ErrorContains(t, err, "no heartbeat was accepted for 20s")
		require.Equal(t, 20*time.Second, time.Since(began))
	})
}

func TestALeaseCountsFromWhenItAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		err := lease{every: 2 * time.Second, patience: 20 * time.Second}.hold(t.Context(), 0, func(context.Context) error {
			if calls++; calls > 1 {
				return errCutOff
			}
			time.Sleep(4 * time.Second) // the server may have counted from any moment of these
			return nil
		})
		require.ErrorIs(t, err, errCutOff)
		require.Equal(t, 20*time.Second, time.Since(began))
	})
}

func TestALeaseIsHeldOverAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.NoError(t, lease{every: 2 * time.Second, patience: 20 * time.Second}.hold(ctx, 0, func(context.Context) error {
			if since := time.Since(began); since > time.Minute && since < time.Minute+17*time.Second {
				return errCutOff
			}
			return nil
		}))
		require.Equal(t, time.Hour, time.Since(began))
	})
}

func TestALeaseThatTheServerHasEndedIsOverAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := lease{every: 2 * time.Second, patience: 20 * time.Second}.hold(t.Context(), time.Second, func(context.Context) error {
			return serviceerror.NewNotFound("activity")
		})
		require.ErrorContains(t, err, "given this attempt up")
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestProcessesEndBeforeTheTimeout(t *testing.T) {
	t.Parallel()
	for timeout := 10 * time.Second; timeout <= 10*time.Minute; timeout += time.Second {
		require.Equal(t, timeout, untilProcesses(timeout)+process.OrphanGrace)
	}
	require.Equal(t, 500*time.Millisecond, untilProcesses(time.Second))
}
