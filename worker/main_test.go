package main

import (
	"os"
	"testing"
)

// asWorker makes the test binary be the worker, so that tests have real processes.
const asWorker = "RINGRIFT_TEST_AS_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) != "" {
		os.Args = os.Args[:1]
		os.Exit(run())
	}
	os.Exit(m.Run())
}
