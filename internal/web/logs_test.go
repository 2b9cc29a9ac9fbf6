package web_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
	"github.com/ringrift/orchestrator/internal/web/webclient"
)

func writeLog(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// logRig is a server with a folder of logs, as the starter reaches it.
func logRig(t *testing.T, cfg web.Config) (r *rig, at spec.Node, output string) {
	cfg.LogDir = t.TempDir()
	r = setup(t, cfg, web.Sources{})
	return r, spec.Node{ID: node, HTTP: r.Address()}, filepath.Join(cfg.LogDir, "output", "WEB.log")
}

// followed collects what comes until the function returned is called.
func followed(t *testing.T, client webclient.Client, at spec.Node, query webclient.LogQuery) (lines chan webclient.LogLine, end func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	lines, ended := make(chan webclient.LogLine, 100), make(chan error, 1)
	go func() {
		ended <- client.Log(ctx, at, query, func(line webclient.LogLine) error { lines <- line; return nil })
	}()
	return lines, func() error { cancel(); return <-ended }
}

func next(t *testing.T, lines chan webclient.LogLine) webclient.LogLine {
	t.Helper()
	select {
	case line := <-lines:
		return line
	case <-time.After(time.Minute):
		require.Fail(t, "no line comes")
	}
	return webclient.LogLine{}
}

// A log is followed over rotations, and gone on with where a client has broken off, without a line twice or none.
func TestLogIsFollowedOverRotations(t *testing.T) {
	t.Parallel()
	_, at, path := logRig(t, web.Config{})
	writeLog(t, path, "zero\none\n")
	lines, end := followed(t, webclient.Client{}, at, webclient.LogQuery{Name: "WEB", Lines: 1, Follow: true})
	require.Equal(t, "one", string(next(t, lines).Text))
	writeLog(t, path, "two \x1b[1m\n")
	require.NoError(t, os.Rename(path, path+".1"))
	writeLog(t, path, "three\n")
	require.Equal(t, "two \x1b[1m", string(next(t, lines).Text))
	last := next(t, lines)
	require.Equal(t, "three", string(last.Text))
	require.Error(t, end(), "it has broken off")

	writeLog(t, path, "four\n")
	require.NoError(t, os.Rename(path+".1", path+".2"))
	require.NoError(t, os.Rename(path, path+".1"))
	writeLog(t, path, "five\n")
	lines, end = followed(t, webclient.Client{}, at, webclient.LogQuery{Name: "WEB", Lines: 100, Follow: true, After: last.ID})
	for _, want := range []string{"four", "five"} {
		line := next(t, lines)
		require.Equal(t, want, string(line.Text))
		require.False(t, line.Lost)
	}
	require.Error(t, end())
	lines, end = followed(t, webclient.Client{}, at, webclient.LogQuery{Name: "WEB", Follow: true, After: "1-1"})
	require.True(t, next(t, lines).Lost, "what was before is not there any more")
	require.Error(t, end())
}

// What is not followed has an end, and the last line may have none.
func TestLogHasAnEnd(t *testing.T) {
	t.Parallel()
	_, at, path := logRig(t, web.Config{})
	writeLog(t, path, "one\ntwo\nhalf")
	writeLog(t, strings.ReplaceAll(path, "output", "."), "started\n")
	for query, want := range map[webclient.LogQuery]string{
		{Name: "WEB", Lines: 1}:                   "two half",
		{Name: "WEB", Lines: 10}:                  "one two half",
		{Name: "WEB", Lines: 0}:                   "half",
		{Name: "WEB", Lines: 10, Lifecycle: true}: "started",
	} {
		var all []string
		require.NoError(t, webclient.Client{}.Log(t.Context(), at, query, func(line webclient.LogLine) error {
			all = append(all, string(line.Text))
			return nil
		}))
		require.Equal(t, want, strings.Join(all, " "), "%+v", query)
	}
	changed, err := webclient.Client{}.LogChanged(t.Context(), at, webclient.LogQuery{Name: "WEB"})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), changed, time.Minute)
	_, err = webclient.Client{}.LogChanged(t.Context(), at, webclient.LogQuery{Name: "WEB@node-2"})
	require.ErrorIs(t, err, webclient.ErrNone)
}

// A name leads to no other file, and what is asked wrongly is said.
func TestLogsThatAreRefused(t *testing.T) {
	t.Parallel()
	r, _, path := logRig(t, web.Config{Token: "0123456789abcdef"})
	writeLog(t, path, "one\n")
	writeLog(t, filepath.Join(filepath.Dir(path), "..", "..", "secret.log"), "secret\n")
	with := header("Authorization", "Bearer 0123456789abcdef")
	for target, want := range map[string]int{
		"/logs/WEB":                               http.StatusOK,
		"/logs/NOBODY":                            http.StatusNotFound,
		"/logs/..%2f..%2fsecret":                  http.StatusBadRequest,
		"/logs/WEB@..%2f..%2fsecret":              http.StatusBadRequest,
		"/logs/WEB*":                              http.StatusBadRequest,
		"/logs/WEB?lines=-1":                      http.StatusBadRequest,
		"/logs/WEB?lines=100001":                  http.StatusBadRequest,
		"/logs/WEB?follow=perhaps":                http.StatusBadRequest,
		"/logs/" + strings.Repeat("A", 200):       http.StatusBadRequest,
		"/logs/WEB@" + strings.Repeat("a", 64):    http.StatusBadRequest,
		fmt.Sprintf("/logs/WEB?lines=%s", "0x10"): http.StatusBadRequest,
	} {
		response, body := r.do(t, http.MethodGet, target, "", with)
		require.Equal(t, want, response.StatusCode, "%s: %s", target, body)
		require.NotContains(t, body, "secret\"")
		response, _ = r.do(t, http.MethodGet, target, "")
		require.Equal(t, http.StatusUnauthorized, response.StatusCode, target)
	}
	response, _ := r.do(t, http.MethodGet, "/logs/WEB", "", with, header("Last-Event-ID", "x"))
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	response, _ = r.do(t, http.MethodPost, "/logs/WEB", "", with)
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
}

// So many clients and no more follow logs; one that goes makes room, and one that is quiet is kept.
func TestFollowersOfLogsAreBounded(t *testing.T) {
	t.Parallel()
	r, at, path := logRig(t, web.Config{MaxStreams: 1, KeepAlive: 10 * time.Millisecond})
	writeLog(t, path, "one\n")
	lines, end := followed(t, webclient.Client{}, at, webclient.LogQuery{Name: "WEB", Lines: 1, Follow: true})
	next(t, lines)
	response, _ := r.do(t, http.MethodGet, "/logs/WEB", "")
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.Error(t, end())
	require.Eventually(t, func() bool {
		response, _ := r.do(t, http.MethodGet, "/logs/WEB", "")
		return response.StatusCode == http.StatusOK
	}, time.Minute, 10*time.Millisecond, "its place is free again")
}

// What cannot be asked is said with what to do about it.
func TestNodesThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	r, at, _ := logRig(t, web.Config{Token: "0123456789abcdef"})
	known := webclient.Client{Token: "0123456789abcdef"}
	r.local.set(running("EVENT_ROUTER"))
	here, err := known.Daemons(t.Context(), at)
	require.NoError(t, err)
	require.Equal(t, node, here.Node)
	require.Len(t, here.Daemons, 1)
	for _, each := range []struct {
		client webclient.Client
		at     spec.Node
		want   string
	}{
		{webclient.Client{}, at, "node node-1 asks for a token: set HEALTH_TOKEN"},
		{known, spec.Node{ID: "node-2", HTTP: at.HTTP}, `node node-2 cannot be asked at ` + at.HTTP + `: node "node-1" answers there: see that`},
		{known, spec.Node{ID: "node-2", HTTP: "127.0.0.1:1"}, "connection refused: see that its worker runs, and that HEALTH_ADDR and HEALTH_ADVERTISE"},
		{known, spec.Node{ID: "node-2"}, "node node-2 has not told where its HTTP server is"},
	} {
		_, err := each.client.Daemons(t.Context(), each.at)
		require.ErrorContains(t, err, each.want)
	}
}
