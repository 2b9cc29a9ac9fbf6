package bus

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
)

func lockFolder(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create event bus folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock event bus folder %s: %w", dir, err)
	}
	if !locked {
		return nil, fmt.Errorf("event bus folder %s: %w", dir, ErrInUse)
	}
	return lock, nil
}

// splitListen checks the address before anything is touched.
func splitListen(config ServerConfig) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(config.Listen)
	if err != nil {
		return "", 0, fmt.Errorf("event bus address %q: %w: write host:port", config.Listen, err)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < -1 || port > 65535 {
		return "", 0, fmt.Errorf("event bus address %q: port %q must be a number from 1 to 65535, or -1 for a free one", config.Listen, text)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && config.Token == "" {
		return "", 0, fmt.Errorf("event bus address %q is not a loopback address: set a token, or listen on 127.0.0.1", config.Listen)
	}
	return host, port, nil
}
