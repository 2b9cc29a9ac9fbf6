package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

// folderLimit bounds how long the bus's folder may take to close again.
const folderLimit = 10 * time.Second

// withStoredBus is withBus, also where the bus is EVENT_ROUTER's and down: its folder is opened here then. A
// router that is fenced itself could not be helped otherwise.
func (a *app) withStoredBus(ctx context.Context, act func(*bus.Client) error) error {
	dir := a.Config.BusDir()
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
