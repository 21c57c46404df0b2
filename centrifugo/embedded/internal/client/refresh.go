package client

import (
	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/proxy"
)

// refresh asks the application whether a connection that is about to expire may stay. Only a result counts: what
// comes with an error or a disconnect instead has none, so the connection expires.
func (h *Handlers) refresh(
	client *centrifuge.Client, _ centrifuge.RefreshEvent,
) (centrifuge.RefreshReply, error) {
	asked := h.proxies.Refresh
	if asked == nil {
		// The client refreshes with a token, and this node has no setting for a key to check one with.
		return centrifuge.RefreshReply{}, centrifuge.DisconnectInvalidToken
	}
	answer, err := proxy.Ask[proxy.RefreshResult](client.Context(), asked, &proxy.RefreshRequest{
		Common: questionOf(client), User: client.UserID(), Meta: metaOf(client, asked),
	})
	if err != nil {
		if refusal := h.failure(client.Context(), err, "refresh", client.ID()); client.Context().Err() != nil {
			return centrifuge.RefreshReply{}, refusal
		}
		return centrifuge.RefreshReply{ExpireAt: graceEnd()}, nil
	}
	if answer.Result == nil || answer.Result.Expired {
		return centrifuge.RefreshReply{Expired: true}, nil
	}
	info, err := proxy.Bytes(answer.Result.Info, answer.Result.B64Info)
	if err == nil && answer.Result.Meta != nil {
		setMeta(client, answer.Result.Meta)
	}
	return centrifuge.RefreshReply{ExpireAt: answer.Result.ExpireAt, Info: info}, err
}

// subRefresh asks the application whether a subscription that is about to expire may stay.
func (h *Handlers) subRefresh(
	client *centrifuge.Client, event centrifuge.SubRefreshEvent,
) (centrifuge.SubRefreshReply, error) {
	options := h.config.ChannelOptions(event.Channel)
	switch {
	case event.Token != "":
		return centrifuge.SubRefreshReply{}, centrifuge.DisconnectInvalidToken
	case options == nil:
		return centrifuge.SubRefreshReply{}, centrifuge.ErrorUnknownChannel
	case !options.SubRefreshProxyEnabled:
		return centrifuge.SubRefreshReply{}, centrifuge.ErrorNotAvailable
	}
	asked := h.proxies.SubRefresh[options.SubRefreshProxyName]
	answer, err := proxy.Ask[proxy.RefreshResult](client.Context(), asked, &proxy.SubRefreshRequest{
		Common: questionOf(client), User: client.UserID(), Channel: event.Channel, Meta: metaOf(client, asked),
	})
	if err != nil {
		if refusal := h.failure(client.Context(), err, "sub_refresh", client.ID()); client.Context().Err() != nil {
			return centrifuge.SubRefreshReply{}, refusal
		}
		return centrifuge.SubRefreshReply{ExpireAt: graceEnd()}, nil
	}
	if answer.Result == nil || answer.Result.Expired {
		return centrifuge.SubRefreshReply{Expired: true}, nil
	}
	info, err := proxy.Bytes(answer.Result.Info, answer.Result.B64Info)
	return centrifuge.SubRefreshReply{ExpireAt: answer.Result.ExpireAt, Info: info}, err
}
