// Package client decides what connections may do; the library does it.
package client

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/proxy"
)

const (
	// When the application cannot be asked, a connection or a subscription lives on for this long.
	graceSeconds = 60
	// The key under which the library keeps a connection's meta for us.
	metaKey = "meta"
)

// Handlers answers the events of all connections.
type Handlers struct {
	node    *centrifuge.Node
	config  *config.Config
	proxies *proxy.Set
	log     *slog.Logger
}

// Register installs the handlers in a node that does not run yet.
func Register(node *centrifuge.Node, configuration *config.Config, proxies *proxy.Set, log *slog.Logger) {
	handlers := &Handlers{node: node, config: configuration, proxies: proxies, log: log}
	node.OnConnecting(handlers.connecting)
	node.OnConnect(handlers.connected)
}

// connected installs the handlers of one connection.
func (h *Handlers) connected(client *centrifuge.Client) {
	run := newRunner(client.Context(), h.config.Client.Concurrency)
	client.OnRefresh(func(event centrifuge.RefreshEvent, reply centrifuge.RefreshCallback) {
		run(func() { reply(h.refresh(client, event)) })
	})
	if h.proxiesAnyRPC() {
		client.OnRPC(func(event centrifuge.RPCEvent, reply centrifuge.RPCCallback) {
			run(func() { reply(h.rpc(client, event)) })
		})
	}
	client.OnSubscribe(func(event centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
		run(func() { reply(h.subscribe(client, event)) })
	})
	client.OnSubRefresh(func(event centrifuge.SubRefreshEvent, reply centrifuge.SubRefreshCallback) {
		run(func() { reply(h.subRefresh(client, event)) })
	})
	client.OnPublish(func(event centrifuge.PublishEvent, reply centrifuge.PublishCallback) {
		run(func() { reply(h.publish(client, event)) })
	})
	client.OnHistory(func(event centrifuge.HistoryEvent, reply centrifuge.HistoryCallback) {
		run(func() { reply(centrifuge.HistoryReply{}, h.mayReadHistory(client, event.Channel)) })
	})
	client.OnPresence(func(event centrifuge.PresenceEvent, reply centrifuge.PresenceCallback) {
		run(func() { reply(centrifuge.PresenceReply{}, h.mayReadPresence(client, event.Channel)) })
	})
	client.OnPresenceStats(func(event centrifuge.PresenceStatsEvent, reply centrifuge.PresenceStatsCallback) {
		run(func() { reply(centrifuge.PresenceStatsReply{}, h.mayReadPresence(client, event.Channel)) })
	})
}

// newRunner returns what runs a command: beside others, up to a limit beyond which the connection is not read on, or,
// with a limit of one or less, right where the connection is read.
func newRunner(ctx context.Context, limit int) func(command func()) {
	if limit <= 1 {
		return func(command func()) { command() }
	}
	places := make(chan struct{}, limit)
	return func(command func()) {
		select {
		case <-ctx.Done():
		case places <- struct{}{}:
			go func() {
				defer func() { <-places }()
				command()
			}()
		}
	}
}

// questionOf opens a question about a connection.
func questionOf(client *centrifuge.Client) proxy.Common {
	return proxy.CommonOf(client.ID(), client.Transport())
}

// metaOf returns the connection's meta if the proxy wants it. The storage is released before anybody is asked.
func metaOf(client *centrifuge.Client, asked *proxy.Proxy) json.RawMessage {
	if !asked.IncludesMeta() {
		return nil
	}
	storage, release := client.AcquireStorage()
	defer release(storage)
	meta, _ := storage[metaKey].(json.RawMessage)
	return meta
}

func setMeta(client *centrifuge.Client, meta json.RawMessage) {
	storage, release := client.AcquireStorage()
	defer release(storage)
	storage[metaKey] = meta
}

// failure reports that the application could not be asked, and returns what the client gets for it.
func (h *Handlers) failure(ctx context.Context, err error, kind, clientID string) error {
	if ctx.Err() != nil {
		return centrifuge.DisconnectConnectionClosed
	}
	h.log.Error("proxy call failed", "proxy", kind, "client", clientID, "error", err)
	return centrifuge.ErrorInternal
}

func graceEnd() int64 { return time.Now().Unix() + graceSeconds }
