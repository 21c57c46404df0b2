package client

import (
	"context"

	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/proxy"
)

// connecting asks the application who is there; without an answer that says so, nobody gets in.
func (h *Handlers) connecting(
	ctx context.Context, event centrifuge.ConnectEvent,
) (centrifuge.ConnectReply, error) {
	if event.Token != "" {
		// Tokens need a key to check them with, and this node has no setting for one.
		return centrifuge.ConnectReply{}, centrifuge.DisconnectInvalidToken
	}
	if h.proxies.Connect == nil {
		return centrifuge.ConnectReply{}, nil
	}
	ctx = proxy.WithEmulatedHeaders(ctx, event.Headers)
	answer, err := proxy.Ask[proxy.ConnectResult](ctx, h.proxies.Connect, &proxy.ConnectRequest{
		Common: proxy.CommonOf(event.ClientID, event.Transport), Data: event.Data,
		Name: event.Name, Version: event.Version, Channels: event.Channels,
	})
	if err != nil {
		return centrifuge.ConnectReply{}, h.failure(ctx, err, "connect", event.ClientID)
	}
	if refusal := answer.Refusal(); refusal != nil {
		return centrifuge.ConnectReply{}, refusal
	}
	if answer.Result == nil {
		return centrifuge.ConnectReply{}, nil
	}
	reply, err := h.accept(answer.Result)
	reply.Context = ctx
	return reply, err
}

// accept turns what the application said about a connection into what the library does with it.
func (h *Handlers) accept(result *proxy.ConnectResult) (centrifuge.ConnectReply, error) {
	info, err := proxy.Bytes(result.Info, result.B64Info)
	if err != nil {
		return centrifuge.ConnectReply{}, err
	}
	data, err := proxy.Bytes(result.Data, result.B64Data)
	if err != nil {
		return centrifuge.ConnectReply{}, err
	}
	subscriptions, err := h.serverSideSubscriptions(result)
	if err != nil {
		return centrifuge.ConnectReply{}, err
	}
	reply := centrifuge.ConnectReply{
		Credentials:   &centrifuge.Credentials{UserID: result.User, ExpireAt: result.ExpireAt, Info: info},
		Data:          data,
		Subscriptions: subscriptions,
		Storage:       map[string]any{},
		// With a refresh proxy the server asks by itself, and the client need not know that it may expire.
		ClientSideRefresh: h.proxies.Refresh == nil,
	}
	if result.Meta != nil {
		reply.Storage[metaKey] = result.Meta
	}
	return reply, nil
}

func (h *Handlers) serverSideSubscriptions(
	result *proxy.ConnectResult,
) (map[string]centrifuge.SubscribeOptions, error) {
	subscriptions := map[string]centrifuge.SubscribeOptions{}
	for _, channel := range result.Channels {
		options := h.config.ChannelOptions(channel)
		if options == nil {
			return nil, centrifuge.ErrorUnknownChannel
		}
		subscriptions[channel] = config.SubscribeOptions(options, config.SourceConnectProxy)
	}
	for channel, subscription := range result.Subs {
		options := h.config.ChannelOptions(channel)
		if options == nil {
			return nil, centrifuge.ErrorUnknownChannel
		}
		subscribed, err := subscribeOptions(options, subscription, config.SourceConnectProxy)
		if err != nil {
			return nil, err
		}
		// Here the expiry of a single subscription is not looked at.
		subscribed.ExpireAt = 0
		subscriptions[channel] = subscribed
	}
	return subscriptions, nil
}
