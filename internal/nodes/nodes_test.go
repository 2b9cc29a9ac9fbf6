package nodes

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

func TestMeasureThisMachine(t *testing.T) {
	t.Parallel()
	capacity := NewMeasurer(t.TempDir(), time.Now).Measure(t.Context())
	cpus, known := capacity.CPUs.Get()
	require.True(t, known)
	require.Positive(t, cpus)
	for name, space := range map[string]Measured[Space]{"memory": capacity.Memory, "disk": capacity.Disk} {
		value, known := space.Get()
		require.True(t, known, "%s: %s", name, space.Fault)
		require.Positive(t, value.Total, name)
		require.LessOrEqual(t, value.Free, value.Total, name)
		require.False(t, space.At.IsZero(), name)
	}
}

// What is reserved for others is neither used nor free: df, which an operator looks at, says the same.
func TestDiskIsAsFullAsDfSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk, known := NewMeasurer(dir, time.Now).Measure(t.Context()).Disk.Get()
	require.True(t, known)
	printed, err := exec.Command("df", "--output=pcent", dir).Output()
	require.NoError(t, err)
	percent, err := strconv.ParseFloat(strings.Trim(string(printed), "Use% \n"), 64)
	require.NoError(t, err, "%s", printed)
	require.InDelta(t, percent, 100*disk.UsedShare(), 2, "df rounds up, and others write")
}

func TestSpaceWithoutSizeIsFull(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1.0, Space{}.UsedShare())
	require.Equal(t, 0.0, Space{Total: 100, Free: 200}.UsedShare())
	require.InDelta(t, 0.93, Space{Total: 100, Free: 7}.UsedShare(), 1e-9)
}

func TestWhatCannotBeMeasuredIsUnknown(t *testing.T) {
	t.Parallel()
	capacity := NewMeasurer(filepath.Join(t.TempDir(), "absent"), time.Now).Measure(t.Context())
	_, known := capacity.Disk.Get()
	require.False(t, known)
	require.NotEmpty(t, capacity.Disk.Fault)
	written, err := json.Marshal(capacity)
	require.NoError(t, err)
	var read map[string]map[string]any
	require.NoError(t, json.Unmarshal(written, &read))
	require.NotContains(t, read["disk"], "value", "neither 0 nor empty")
	require.Contains(t, read["memory"], "value")
}

// Not parallel: it sets PATH.
func TestGPUs(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		want   []GPU
		fault  string
	}{
		"not installed": {"", []GPU{}, ""},
		"two": {`echo "0, NVIDIA H100, GPU-a, 81559, 1024, 37"; echo "1, NVIDIA H100, GPU-b, 81559, [N/A], [Not Supported]"`, []GPU{
			{Index: 0, Name: "NVIDIA H100", UUID: "GPU-a", MemoryMB: new(int64(81559)), UsedMB: new(int64(1024)), Utilization: new(int64(37))},
			{Index: 1, Name: "NVIDIA H100", UUID: "GPU-b", MemoryMB: new(int64(81559))},
		}, ""},
		"fails":          {`echo "couldn't communicate with the NVIDIA driver"; exit 9`, nil, "NVIDIA driver"},
		"tells nothing":  {`true`, nil, "0 devices"},
		"tells nonsense": {`echo "a, b"`, nil, "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			if test.script != "" {
				require.NoError(t, os.WriteFile(filepath.Join(path, gpuProgram), []byte("#!/bin/sh\n"+test.script+"\n"), 0o700))
			}
			t.Setenv("PATH", path)
			answer := newGPUProbe(time.Now).last(t.Context())
			gpus, known := answer.Get()
			if test.fault != "" {
				require.False(t, known, "unknown, which is not none")
				require.Contains(t, answer.Fault, test.fault)
				return
			}
			require.True(t, known, answer.Fault)
			require.Equal(t, test.want, gpus)
		})
	}
}

func TestMemoryOfAControlGroup(t *testing.T) {
	t.Parallel()
	mount := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(mount, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
	}
	machine := Space{Total: 1000, Free: 900}
	space, err := limited(machine, mount, "1:cpu:/old\n0::/a/b\n")
	require.NoError(t, err)
	require.Equal(t, machine, space, "no group has a limit")
	write("a/memory.max", "600")
	write("a/memory.current", "250")
	write("a/b/memory.max", "max")
	space, err = limited(machine, mount, "0::/a/b\n")
	require.NoError(t, err)
	require.Equal(t, Space{Total: 600, Free: 350}, space, "the limit of the group above counts")
	write("a/b/memory.max", "many")
	_, err = limited(machine, mount, "0::/a/b\n")
	require.Error(t, err, "what cannot be read is unknown")
}

func TestBoard(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	for _, node := range []string{"node-2", "node-1"} {
		board := NewBoard(client.Session("P2P_BACKEND", node, 1))
		require.NoError(t, board.Put(t.Context(), Report{NodeID: node, Labels: []string{"fast"}, Addresses: map[string]string{AddressData: "127.0.0.1:1"}}))
	}
	require.NoError(t, client.Session("P2P_BACKEND", "node-3", 1).Report(t.Context(), []byte("no report")))
	require.NoError(t, client.Session("QUALITY_MONITOR", "node-1", 1).Report(t.Context(), []byte(`{"configs":{}}`)), "something else of the node")
	entries, err := NewBoard(client.Session("CLUSTER_MONITOR", "", 1)).List(t.Context())
	require.NoError(t, err)
	require.Len(t, entries, 3, "one bad report does not hide the others")
	require.Equal(t, "node-3", entries[2].NodeID)
	require.False(t, entries[2].IsFresh())
	require.Contains(t, entries[2].Fault, "invalid character")
	require.Equal(t, "node-1", entries[0].NodeID)
	require.True(t, entries[0].IsFresh())
	require.Equal(t, []string{"fast"}, entries[1].Labels)
}

// Observers that see the same in any order give one event for each change.
func TestObserversAgree(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	observers := make([]Board, 3)
	for i := range observers {
		observers[i] = NewBoard(client.Session("P2P_BACKEND", "node-"+string(rune('1'+i)), 1))
	}
	see := func(observer int, seen Presence) Presence {
		seen.At = time.Now()
		agreed, err := observers[observer].Observe(t.Context(), "node-9", seen)
		require.NoError(t, err)
		require.NoError(t, observers[observer].Announce(t.Context(), "node-9", agreed))
		return agreed
	}
	for _, seen := range []Presence{
		{Online: true, Instance: 5}, {Instance: 5}, {Online: true, Instance: 6}, {Online: true, Instance: 7}, {Instance: 7, Left: true},
	} {
		for observer := range observers {
			see(observer, seen)
		}
	}
	require.False(t, see(0, Presence{Online: true, Instance: 5}).Online, "an older instance proves nothing")
	require.Len(t, bustest.Events(t, client, "HOST_ONLINE"), 2, "instance 7 came while the node was online")
	offline := bustest.Events(t, client, "HOST_OFFLINE")
	require.Len(t, offline, 2)
	last, err := bus.Decode[bus.HostOffline](offline[1])
	require.NoError(t, err)
	require.Equal(t, "it has left", last.Reason)
	presences, err := observers[0].Presences(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, presences["node-9"].Change)
}
