package local

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The tests start real processes: this binary under the names worker and starter, with a real Temporal dev
// server. A file in the data folder tells a stand-in to misbehave.
const (
	workerEnds    = "worker-ends"    // its text is the worker's last word
	workerIgnores = "worker-ignores" // the worker does not listen to SIGTERM
	workerNotYet  = "worker-not-yet" // the worker never gets ready
	starterExits  = "starter-exits"  // its text is the exit code of `starter up`
)

func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "worker":
		os.Exit(standInWorker(os.Getenv("DATA_DIR")))
	case "starter":
		os.Exit(standInStarter(os.Getenv("DATA_DIR")))
	}
	nextBlock.Store(rand.Uint32N(portBlocks)) // two runs at once hardly meet
	os.Exit(m.Run())
}

func standInWorker(dataDir string) int {
	if text, err := os.ReadFile(filepath.Join(dataDir, workerEnds)); err == nil {
		fmt.Println(string(text))
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go serveHealth(dataDir)
	<-ctx.Done()
	for exists(filepath.Join(dataDir, workerIgnores)) {
		select {}
	}
	return 0
}

func serveHealth(dataDir string) {
	_ = http.ListenAndServe(os.Getenv("HEALTH_ADDR"), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if exists(filepath.Join(dataDir, workerNotYet)) {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		}
	}))
}

func standInStarter(dataDir string) int {
	switch arguments := strings.Join(os.Args[1:], " "); arguments {
	case "up --wait":
		text, _ := os.ReadFile(filepath.Join(dataDir, starterExits))
		code, _ := strconv.Atoi(string(text))
		return code
	case "down", "status":
		fmt.Println("starter says", arguments, "at", os.Getenv("TEMPORAL_ADDRESS"))
	case "status -o json":
		fmt.Println(`{"daemons":[{"daemon":"EVENT_ROUTER","phase":"RUNNING","ready":true},{"daemon":"AUTO_SYNC","kind":"group","ready":true},` +
			`{"daemon":"AUTO_SYNC","node":"node-1","kind":"member","ready":true},{"daemon":"AUTO_SYNC","node":"node-2","kind":"member","ready":true},{"daemon":"DLQ_RETRY","phase":"PAUSED"}]}`)
	case "list --all -o json":
		fmt.Println(`[{"type":"EVENT_ROUTER","status":"available"},{"type":"AUTO_SYNC","status":"planned"}]`)
	default:
		fmt.Println("unexpected arguments:", arguments)
		return 2
	}
	return 0
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
