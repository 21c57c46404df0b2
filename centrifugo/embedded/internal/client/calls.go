package client

import (
	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/proxy"
)

// proxiesAnyRPC tells whether clients can call anything at all.
func (h *Handlers) proxiesAnyRPC() bool {
	if h.config.RPC.WithoutNamespace.ProxyEnabled {
		return true
	}
	for _, namespace := range h.config.RPC.Namespaces {
		if namespace.ProxyEnabled {
			return true
		}
	}
	return false
}

// rpc hands a client's call to the application.
func (h *Handlers) rpc(client *centrifuge.Client, event centrifuge.RPCEvent) (centrifuge.RPCReply, error) {
	options := h.config.RPCOptions(event.Method)
	if options == nil {
		return centrifuge.RPCReply{}, centrifuge.ErrorMethodNotFound
	}
	if !options.ProxyEnabled {
		return centrifuge.RPCReply{}, centrifuge.ErrorNotAvailable
	}
	asked := h.proxies.RPC[options.ProxyName]
	answer, err := proxy.Ask[proxy.RPCResult](client.Context(), asked, &proxy.RPCRequest{
		Common: questionOf(client), User: client.UserID(), Method: event.Method, Data: event.Data,
		Meta: metaOf(client, asked),
	})
	if err != nil {
		return centrifuge.RPCReply{}, h.failure(client.Context(), err, "rpc", client.ID())
	}
	if refusal := answer.Refusal(); refusal != nil {
		return centrifuge.RPCReply{}, refusal
	}
	if answer.Result == nil {
		return centrifuge.RPCReply{}, nil
	}
	data, err := proxy.Bytes(answer.Result.Data, answer.Result.B64Data)
	return centrifuge.RPCReply{Data: data}, err
}

// publish publishes for a client where the channel's options allow it.
func (h *Handlers) publish(
	client *centrifuge.Client, event centrifuge.PublishEvent,
) (centrifuge.PublishReply, error) {
	options, err := h.optionsFor(event.Channel)
	if err != nil {
		return centrifuge.PublishReply{}, err
	}
	if !config.IsPublishable(event.Data, h.config.DataFormat(options)) {
		return centrifuge.PublishReply{}, centrifuge.ErrorBadRequest
	}
	mayPublish := options.AllowPublishForClient ||
		options.AllowPublishForSubscriber && client.IsSubscribed(event.Channel)
	if !mayPublish || client.UserID() == "" && !options.AllowPublishForAnonymous {
		return centrifuge.PublishReply{}, centrifuge.ErrorPermissionDenied
	}
	result, err := h.node.Publish(event.Channel, event.Data,
		centrifuge.WithClientInfo(event.ClientInfo), config.WithHistory(options))
	return centrifuge.PublishReply{Result: &result}, err
}

// mayReadHistory returns why a client may not read a channel's history, nil if it may.
func (h *Handlers) mayReadHistory(client *centrifuge.Client, channel string) error {
	options, err := h.optionsFor(channel)
	switch {
	case err != nil:
		return err
	case !options.HasHistory():
		return centrifuge.ErrorNotAvailable
	case !seesHistory(client, options, client.IsSubscribed(channel)):
		return centrifuge.ErrorPermissionDenied
	default:
		return nil
	}
}

// mayReadPresence returns why a client may not read a channel's presence, nil if it may.
func (h *Handlers) mayReadPresence(client *centrifuge.Client, channel string) error {
	options, err := h.optionsFor(channel)
	switch {
	case err != nil:
		return err
	case !options.Presence:
		return centrifuge.ErrorNotAvailable
	case !seesPresence(client, options, client.IsSubscribed(channel)):
		return centrifuge.ErrorPermissionDenied
	default:
		return nil
	}
}

// optionsFor returns a channel's options if clients may use its name.
func (h *Handlers) optionsFor(channel string) (*config.ChannelOptions, error) {
	options := h.config.ChannelOptions(channel)
	if options == nil {
		return nil, centrifuge.ErrorUnknownChannel
	}
	if !options.IsValidName(channel) {
		return nil, centrifuge.ErrorBadRequest
	}
	return options, nil
}

func seesHistory(client *centrifuge.Client, options *config.ChannelOptions, subscribed bool) bool {
	return (options.AllowHistoryForClient || options.AllowHistoryForSubscriber && subscribed) &&
		(client.UserID() != "" || options.AllowHistoryForAnonymous)
}

func seesPresence(client *centrifuge.Client, options *config.ChannelOptions, subscribed bool) bool {
	return (options.AllowPresenceForClient || options.AllowPresenceForSubscriber && subscribed) &&
		(client.UserID() != "" || options.AllowPresenceForAnonymous)
}
