package client

import (
	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/proxy"
)

// subscribe decides whether a client may subscribe to a channel, and how.
func (h *Handlers) subscribe(
	client *centrifuge.Client, event centrifuge.SubscribeEvent,
) (centrifuge.SubscribeReply, error) {
	options, err := h.optionsFor(event.Channel)
	if err != nil {
		return centrifuge.SubscribeReply{}, err
	}
	// Neither private channels nor tokens can be opened: this node has no setting for a key to check tokens with. And
	// it knows streams only.
	if config.IsPrivate(event.Channel) || event.Token != "" || event.Type != centrifuge.SubscriptionTypeStream {
		return centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied
	}
	userLimited := options.AllowUserLimitedChannels && config.IsUserLimited(event.Channel)
	switch {
	case userLimited && config.IsUserAllowed(event.Channel, client.UserID()):
		return grant(client, options, event, config.SourceUserLimited), nil
	case userLimited:
		// Whoever a channel does not name stays out, whatever else would let them in.
		return centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied
	case options.SubscribeProxyEnabled:
		return h.askToSubscribe(client, options, event)
	case options.AllowSubscribeForClient && (client.UserID() != "" || options.AllowSubscribeForAnonymous):
		return grant(client, options, event, config.SourceClientAllowed), nil
	default:
		return centrifuge.SubscribeReply{}, centrifuge.ErrorPermissionDenied
	}
}

// grant subscribes a client by the channel's options and by what it wishes, as far as the options allow that.
func grant(
	client *centrifuge.Client, options *config.ChannelOptions, event centrifuge.SubscribeEvent, source uint8,
) centrifuge.SubscribeReply {
	subscribed := config.SubscribeOptions(options, source)
	seesHistory := seesHistory(client, options, true)
	if event.Positioned && (options.AllowPositioning || seesHistory) {
		subscribed.EnablePositioning = true
	}
	if event.Recoverable && (options.AllowRecovery || seesHistory) {
		subscribed.EnableRecovery = true
	}
	if event.JoinLeave && options.JoinLeave && seesPresence(client, options, true) {
		subscribed.PushJoinLeave = true
	}
	return centrifuge.SubscribeReply{Options: subscribed, ClientSideRefresh: !options.SubRefreshProxyEnabled}
}

// askToSubscribe lets the application decide. An answer without a result allows.
func (h *Handlers) askToSubscribe(
	client *centrifuge.Client, options *config.ChannelOptions, event centrifuge.SubscribeEvent,
) (centrifuge.SubscribeReply, error) {
	asked := h.proxies.Subscribe[options.SubscribeProxyName]
	answer, err := proxy.Ask[proxy.Subscription](client.Context(), asked, &proxy.SubscribeRequest{
		Common: questionOf(client), User: client.UserID(), Channel: event.Channel, Data: event.Data,
		Meta: metaOf(client, asked),
	})
	if err != nil {
		return centrifuge.SubscribeReply{}, h.failure(client.Context(), err, "subscribe", client.ID())
	}
	if refusal := answer.Refusal(); refusal != nil {
		return centrifuge.SubscribeReply{}, refusal
	}
	subscribed, err := subscribeOptions(options, answer.Result, config.SourceSubscribeProxy)
	return centrifuge.SubscribeReply{Options: subscribed, ClientSideRefresh: !options.SubRefreshProxyEnabled}, err
}

// subscribeOptions puts what the application says about one subscription over the channel's options; nil says nothing.
func subscribeOptions(
	options *config.ChannelOptions, subscription *proxy.Subscription, source uint8,
) (centrifuge.SubscribeOptions, error) {
	subscribed := config.SubscribeOptions(options, source)
	if subscription == nil {
		return subscribed, nil
	}
	var err error
	if subscribed.ChannelInfo, err = proxy.Bytes(subscription.Info, subscription.B64Info); err != nil {
		return subscribed, err
	}
	if subscribed.Data, err = proxy.Bytes(subscription.Data, subscription.B64Data); err != nil {
		return subscribed, err
	}
	subscribed.ExpireAt = subscription.ExpireAt
	subscription.Override.Apply(&subscribed)
	return subscribed, nil
}
