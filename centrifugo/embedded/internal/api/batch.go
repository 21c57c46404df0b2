package api

import (
	"context"
	"net/http"
)

type batchRequest struct {
	Commands []*batchCommand `json:"commands"`
	Parallel bool            `json:"parallel"`
}

// batchCommand holds one command; of several, the first in this order is carried out.
type batchCommand struct {
	Publish       *publishRequest     `json:"publish"`
	Broadcast     *broadcastRequest   `json:"broadcast"`
	Subscribe     *subscribeRequest   `json:"subscribe"`
	Unsubscribe   *unsubscribeRequest `json:"unsubscribe"`
	Disconnect    *disconnectRequest  `json:"disconnect"`
	History       *historyRequest     `json:"history"`
	HistoryRemove *channelRequest     `json:"history_remove"`
	Presence      *channelRequest     `json:"presence"`
	PresenceStats *channelRequest     `json:"presence_stats"`
	Info          *emptyResult        `json:"info"`
	RPC           *rpcRequest         `json:"rpc"`
	Refresh       *refreshRequest     `json:"refresh"`
	Channels      *channelsRequest    `json:"channels"`
}

type batchResponse struct {
	Replies []batchReply `json:"replies,omitempty"`
}

// batchReply has one key: the command's name with its result, or "error".
type batchReply map[string]any

// serveBatch carries out commands one after another, or beside each other when the caller does not need their order.
func (a *API) serveBatch(writer http.ResponseWriter, request *http.Request) {
	batch := &batchRequest{}
	if !a.read(writer, request, batch) {
		return
	}
	replies := make([]batchReply, len(batch.Commands))
	carryOut := func(index int) { replies[index] = a.carryOut(request.Context(), batch.Commands[index]) }
	if batch.Parallel {
		together(len(replies), carryOut)
	} else {
		for index := range replies {
			carryOut(index)
		}
	}
	a.write(writer, http.StatusOK, batchResponse{Replies: replies})
}

func (a *API) carryOut(ctx context.Context, command *batchCommand) batchReply {
	if command == nil {
		return batchReply{"error": errBadRequest}
	}
	attempts := []func() (batchReply, bool){
		attempt(ctx, a, "publish", command.Publish, a.publish),
		attempt(ctx, a, "broadcast", command.Broadcast, a.broadcast),
		attempt(ctx, a, "subscribe", command.Subscribe, a.subscribe),
		attempt(ctx, a, "unsubscribe", command.Unsubscribe, a.unsubscribe),
		attempt(ctx, a, "disconnect", command.Disconnect, a.disconnect),
		attempt(ctx, a, "history", command.History, a.history),
		attempt(ctx, a, "history_remove", command.HistoryRemove, a.historyRemove),
		attempt(ctx, a, "presence", command.Presence, a.presence),
		attempt(ctx, a, "presence_stats", command.PresenceStats, a.presenceStats),
		attempt(ctx, a, "info", command.Info, a.info),
		attempt(ctx, a, "rpc", command.RPC, a.rpc),
		attempt(ctx, a, "refresh", command.Refresh, a.refresh),
		attempt(ctx, a, "channels", command.Channels, a.channels),
	}
	for _, attempt := range attempts {
		if reply, done := attempt(); done {
			return reply
		}
	}
	return batchReply{"error": errNotFound}
}

// attempt returns what carries a command out if it is there.
func attempt[Request, Result any](
	ctx context.Context, a *API, name string, request *Request, run command[Request, Result],
) func() (batchReply, bool) {
	return func() (batchReply, bool) {
		if request == nil {
			return nil, false
		}
		result, failure := observe(a, name, run)(ctx, request)
		if failure != nil {
			return batchReply{"error": failure}, true
		}
		return batchReply{name: result}, true
	}
}
