package node

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

const (
	// reconnectDelay bounds the pause between two tries to reach Temporal.
	reconnectDelay = time.Second
	// connectTimeout bounds one try.
	connectTimeout = 2 * time.Second
)

// DialOptions make an outage end for the daemons soon after it has ended for the server: connections are
// tried again every second, and calls wait for one instead of failing at once, since the SDK's pollers
// back off up to ten seconds after failures. Polls is the gate of the node that works through the connection.
func DialOptions(polls *Polls) []grpc.DialOption {
	retry := backoff.DefaultConfig
	retry.MaxDelay = reconnectDelay
	return []grpc.DialOption{
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: retry, MinConnectTimeout: connectTimeout}),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)),
		grpc.WithChainUnaryInterceptor(polls.intercept),
	}
}
