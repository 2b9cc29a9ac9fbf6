package qualitymonitor

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

const (
	// What the process that is killed is told.
	killedDir, killedBus, killedEpoch = "QUALITY_KILL_DIR", "QUALITY_KILL_BUS", "QUALITY_KILL_EPOCH"

	kills   = 10
	maxLife = 400 * time.Millisecond // from the first round on
	// killedGames are looked at: few, so that the games change many times in the life of a copy.
	killedGames = 5
)

// Killed at any moment while games become better and worse, it tells of each change once and in order, and goes on from
// what it told last.
func TestSurvivesKill(t *testing.T) {
	if os.Getenv(killedDir) != "" {
		lookUntilKilled(t)
	}
	t.Parallel()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	r := open(t, t.TempDir(), bustest.Connect(t, server.URL()))
	bustest.CreateStreams(t, server.URL())
	r.settings.SampleGames = killedGames
	db := r.store()
	levels := []float64{.95, .2}
	for epoch := range kills {
		lines, wait := kill(t, r.dir, server.URL(), epoch+1)
		for round := 0; lines.Scan(); round++ {
			r.add(db, repeat(levels[round%2], r.settings.SampleGames)...)
		}
		wait()
	}
	r.add(db, repeat(.55, r.settings.SampleGames)...)
	r.epoch = kills
	r.look()
	r.look()
	all := events[bus.QualityScoreUpdated](r)
	require.Greater(t, len(all), 2)
	for i, one := range all {
		require.EqualValues(t, i+1, one.Sequence, "each is told once and in order")
		if i > 0 {
			require.Equal(t, all[i-1].Category, one.PreviousCategory)
			require.InDelta(t, all[i-1].QualityScore, *one.PreviousScore, 1e-9)
		}
	}
	require.Equal(t, "degraded", all[len(all)-1].Category)
	poor := 0
	for _, one := range all {
		if one.QualityScore < r.settings.Warning {
			poor++
		}
	}
	require.Len(t, events[bus.LowQualityDataWarning](r), poor, "each poor one is warned of")
	require.NotEmpty(t, r.monitor.memory.of(config).History)
}

// kill runs a copy in a process of its own and kills it with -9 at a random moment. It writes a line before each round.
func kill(t *testing.T, dir, url string, epoch int) (lines *bufio.Scanner, wait func()) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSurvivesKill$", "-test.count=1")
	child.Env = append(os.Environ(), killedDir+"="+dir, killedBus+"="+url, fmt.Sprintf("%s=%d", killedEpoch, epoch))
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines = bufio.NewScanner(output)
	require.True(t, lines.Scan(), "it begins")
	time.AfterFunc(rand.N(maxLife), func() { _ = child.Process.Kill() }) // Wait tells
	return lines, func() { require.Error(t, child.Wait(), "it was killed") }
}

func lookUntilKilled(t *testing.T) {
	r := open(t, os.Getenv(killedDir), bustest.Connect(t, os.Getenv(killedBus)))
	_, err := fmt.Sscan(os.Getenv(killedEpoch), &r.epoch)
	require.NoError(t, err)
	r.epoch--
	r.settings.SampleGames = killedGames
	r.start()
	for {
		fmt.Println("round")
		r.look()
	}
}
