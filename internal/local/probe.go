package local

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

const (
	serveTimeout = 60 * time.Second
	probeTimeout = 2 * time.Second
	// answerPatience is how long a server that runs may be too busy to answer by default; it is asked after each pause.
	answerPatience = 20 * time.Second
	probePause     = 500 * time.Millisecond
)

// await returns once serves succeeds, and with the reason if the service ends or takes too long.
func (s service) await(ctx context.Context, ended <-chan struct{}, serves func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, serveTimeout)
	defer cancel()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		err := serves(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("start %s: %w", s.name, s.errEnded())
		case <-ctx.Done():
			return fmt.Errorf("wait for %s at %s: %w: %w (log: %s)", s.name, s.address, ctx.Err(), err, s.log)
		case <-poll.C:
		}
	}
}

// temporalServes asks for the namespace, which a starting server answers for last.
func (i *Installation) temporalServes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	c, err := client.NewLazyClient(client.Options{
		HostPort:  i.config.TemporalAddress,
		Namespace: i.config.TemporalNamespace,
		Logger:    log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fmt.Errorf("reach Temporal at %s: %w", i.config.TemporalAddress, err)
	}
	defer c.Close()
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: i.config.TemporalNamespace})
	return err
}

// workerServes is satisfied once the worker at an address answers and has reached Temporal.
func (i *Installation) workerServes(address string) func(context.Context) error {
	return func(ctx context.Context) error { return askHealth(ctx, healthURL(address)) }
}

func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/health", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		reason, _ := io.ReadAll(io.LimitReader(response.Body, 200)) // it only adds to the status
		return fmt.Errorf("%s/health answers %s: %s", url, response.Status, reason)
	}
	return nil
}

func (i *Installation) healthURL() string { return healthURL(i.config.HealthAddr) }

func healthURL(address string) string {
	return "http://" + net.JoinHostPort(dialHost(address), strconv.Itoa(portOf(address)))
}
