package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/proxy"
)

// connections names connections: all of a user, or those of one client or session among them.
type connections struct {
	User    string `json:"user"`
	Client  string `json:"client"`
	Session string `json:"session"`
}

type subscribeRequest struct {
	connections
	Channel      string          `json:"channel"`
	ExpireAt     int64           `json:"expire_at"`
	Info         json.RawMessage `json:"info"`
	B64Info      string          `json:"b64info"`
	Data         json.RawMessage `json:"data"`
	B64Data      string          `json:"b64data"`
	RecoverSince *position       `json:"recover_since"`
	Override     *proxy.Override `json:"override"`
}

type unsubscribeRequest struct {
	connections
	Channel string `json:"channel"`
}

type disconnectRequest struct {
	connections
	Whitelist  []string          `json:"whitelist"`
	Disconnect *proxy.Disconnect `json:"disconnect"`
}

type refreshRequest struct {
	connections
	Expired  bool            `json:"expired"`
	ExpireAt int64           `json:"expire_at"`
	Info     json.RawMessage `json:"info"`
}

// subscribe subscribes connections that are there now to a channel, from the server's side.
func (a *API) subscribe(_ context.Context, request *subscribeRequest) (*emptyResult, *Error) {
	options, failure := a.optionsFor(request.Channel)
	if failure != nil {
		return nil, failure
	}
	data, failure := bytesOf(request.Data, request.B64Data)
	if failure != nil {
		return nil, failure
	}
	info, failure := bytesOf(request.Info, request.B64Info)
	if failure != nil {
		return nil, failure
	}
	wanted := config.SubscribeOptions(options, config.SourceServerAPI)
	request.Override.Apply(&wanted)
	err := a.node.Subscribe(request.User, request.Channel,
		centrifuge.WithSubscribeClient(request.Client),
		centrifuge.WithSubscribeSession(request.Session),
		centrifuge.WithSubscribeData(data),
		centrifuge.WithChannelInfo(info),
		centrifuge.WithExpireAt(request.ExpireAt),
		centrifuge.WithRecoverSince(request.RecoverSince.inLibrary()),
		centrifuge.WithEmitPresence(wanted.EmitPresence),
		centrifuge.WithEmitJoinLeave(wanted.EmitJoinLeave),
		centrifuge.WithPushJoinLeave(wanted.PushJoinLeave),
		centrifuge.WithPositioning(wanted.EnablePositioning),
		centrifuge.WithRecovery(wanted.EnableRecovery),
		centrifuge.WithSubscribeSource(wanted.Source),
		centrifuge.WithSubscribeHistoryMetaTTL(time.Duration(options.HistoryMetaTTL)))
	if err != nil {
		return nil, a.failed("subscribe", err)
	}
	return &emptyResult{}, nil
}

// unsubscribe ends subscriptions. What no channel at all means is up to the library.
func (a *API) unsubscribe(_ context.Context, request *unsubscribeRequest) (*emptyResult, *Error) {
	if request.Channel != "" && a.config.ChannelOptions(request.Channel) == nil {
		return nil, errUnknownChannel
	}
	err := a.node.Unsubscribe(request.User, request.Channel,
		centrifuge.WithUnsubscribeClient(request.Client), centrifuge.WithUnsubscribeSession(request.Session))
	if err != nil {
		return nil, a.failed("unsubscribe", err)
	}
	return &emptyResult{}, nil
}

// disconnect closes connections; without a code of the caller's they are told not to come back.
func (a *API) disconnect(_ context.Context, request *disconnectRequest) (*emptyResult, *Error) {
	reason := centrifuge.DisconnectForceNoReconnect
	if request.Disconnect != nil {
		reason = centrifuge.Disconnect{Code: request.Disconnect.Code, Reason: request.Disconnect.Reason}
	}
	err := a.node.Disconnect(request.User,
		centrifuge.WithCustomDisconnect(reason),
		centrifuge.WithDisconnectClient(request.Client),
		centrifuge.WithDisconnectSession(request.Session),
		centrifuge.WithDisconnectClientWhitelist(request.Whitelist))
	if err != nil {
		return nil, a.failed("disconnect", err)
	}
	return &emptyResult{}, nil
}

// refresh sets when connections expire, or expires them now.
func (a *API) refresh(_ context.Context, request *refreshRequest) (*emptyResult, *Error) {
	err := a.node.Refresh(request.User,
		centrifuge.WithRefreshClient(request.Client),
		centrifuge.WithRefreshSession(request.Session),
		centrifuge.WithRefreshExpired(request.Expired),
		centrifuge.WithRefreshExpireAt(request.ExpireAt),
		centrifuge.WithRefreshInfo(request.Info))
	if err != nil {
		return nil, a.failed("refresh", err)
	}
	return &emptyResult{}, nil
}
