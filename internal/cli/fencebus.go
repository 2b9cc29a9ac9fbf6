package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/control"
)

// folderLimit bounds how long the bus's folder may take to close again.
const folderLimit = 10 * time.Second

// withFences runs act with the bus and those of its fences that the inputs name, or all.
func (a *app) withFences(ctx context.Context, inputs []string, act func(context.Context, *bus.Client, []bus.Fence) error) error {
	wanted, err := a.fenced(inputs)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, fenceTimeout)
	defer cancel()
	return a.withStoredBus(ctx, func(client *bus.Client) error {
		fences, err := client.Fences(ctx)
		if err != nil {
			return err
		}
		if len(wanted) > 0 {
			fences = slices.DeleteFunc(fences, func(fence bus.Fence) bool { return !wanted.has(fence) })
		}
		return act(ctx, client, fences)
	})
}

// fenced resolves what an operator named.
func (a *app) fenced(inputs []string) (targets, error) {
	var wanted targets
	for _, input := range inputs {
		found, err := a.resolveNoting(input)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, found.Target)
	}
	return wanted, nil
}

type targets []control.Target

// has says whether a fence belongs to one of the targets; a type without a node stands for all its copies.
func (t targets) has(fence bus.Fence) bool {
	return slices.ContainsFunc(t, func(target control.Target) bool {
		return target.Type == fence.Daemon && (target.Node == "" || target.Node == fence.Node)
	})
}

// withStoredBus is withBus, also where the bus is EVENT_ROUTER's and down: its folder is opened here then. A
// router that is fenced itself could not be helped otherwise.
func (a *app) withStoredBus(ctx context.Context, act func(*bus.Client) error) error {
	dir := filepath.Join(a.Config.clusterDir(), "bus")
	if _, err := os.Stat(dir); a.Config.NATSURL != "" || errors.Is(err, fs.ErrNotExist) {
		return a.withBus(ctx, act)
	}
	token := rand.Text() // nobody else is meant to connect
	server, err := bus.StartServer(bus.ServerConfig{
		Dir: dir, Listen: "127.0.0.1:-1", Token: token, Logger: slog.New(slog.DiscardHandler),
	})
	if errors.Is(err, bus.ErrInUse) {
		return a.withBus(ctx, act)
	}
	if err != nil {
		return fmt.Errorf("open the bus's folder, since EVENT_ROUTER is down: %w", err)
	}
	opened := *a
	opened.Config.NATSURL, opened.Config.BusToken = server.URL(), token
	err = opened.withBus(ctx, act)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), folderLimit)
	defer cancel()
	return errors.Join(err, server.Shutdown(closing))
}
