package bus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

func forward(seen chan<- bus.Event) func(context.Context, bus.Event) error {
	return func(_ context.Context, event bus.Event) error {
		seen <- event
		return nil
	}
}

// BenchmarkPublish is one fenced, synchronous publication.
func BenchmarkPublish(b *testing.B) {
	client := bustest.Start(b)
	session := client.Session("PUBLISHER", "", 1)
	for i := 0; b.Loop(); i++ {
		if err := session.Publish(b.Context(), note(fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeliver(b *testing.B) {
	client := bustest.Start(b)
	seen := make(chan bus.Event, 1<<16)
	subscription, err := client.Session("READER", "", 1).Subscribe(b.Context(), notes, forward(seen))
	if err != nil {
		b.Fatal(err)
	}
	defer subscription.Close()
	session := client.Session("PUBLISHER", "", 1)
	for i := range b.N {
		if err := session.Publish(b.Context(), note(fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
	}
	for range b.N {
		<-seen
	}
}

// BenchmarkPublishToDelivery is the time from the call of Publish to the call of the handler.
func BenchmarkPublishToDelivery(b *testing.B) {
	client := bustest.Start(b)
	seen := make(chan bus.Event, 1)
	subscription, err := client.Session("READER", "", 1).Subscribe(b.Context(), notes, forward(seen))
	if err != nil {
		b.Fatal(err)
	}
	defer subscription.Close()
	session := client.Session("PUBLISHER", "", 1)
	for b.Loop() {
		if err := session.Publish(b.Context(), note(time.Now().String())); err != nil {
			b.Fatal(err)
		}
		<-seen
	}
}
