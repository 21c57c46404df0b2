package api

import (
	"context"
	"encoding/json"

	"github.com/centrifugal/centrifuge"
)

type presenceResult struct {
	Presence map[string]*clientInfo `json:"presence"`
}

type clientInfo struct {
	User     string          `json:"user"`
	Client   string          `json:"client"`
	ConnInfo json.RawMessage `json:"conn_info,omitempty"`
	ChanInfo json.RawMessage `json:"chan_info,omitempty"`
}

type presenceStatsResult struct {
	NumClients int `json:"num_clients"`
	NumUsers   int `json:"num_users"`
}

// presence tells who is subscribed to a channel.
func (a *API) presence(_ context.Context, request *channelRequest) (*presenceResult, *Error) {
	if failure := a.requirePresence(request.Channel); failure != nil {
		return nil, failure
	}
	found, err := a.node.Presence(request.Channel)
	if err != nil {
		return nil, a.failed("presence", err)
	}
	result := &presenceResult{Presence: make(map[string]*clientInfo, len(found.Presence))}
	for client, info := range found.Presence {
		result.Presence[client] = infoOf(info)
	}
	return result, nil
}

// presenceStats tells how many are subscribed to a channel.
func (a *API) presenceStats(_ context.Context, request *channelRequest) (*presenceStatsResult, *Error) {
	if failure := a.requirePresence(request.Channel); failure != nil {
		return nil, failure
	}
	found, err := a.node.PresenceStats(request.Channel)
	if err != nil {
		return nil, a.failed("presence_stats", err)
	}
	return &presenceStatsResult{NumClients: found.NumClients, NumUsers: found.NumUsers}, nil
}

func (a *API) requirePresence(channel string) *Error {
	options, failure := a.optionsFor(channel)
	if failure == nil && !options.Presence {
		return errNotAvailable
	}
	return failure
}

func infoOf(info *centrifuge.ClientInfo) *clientInfo {
	if info == nil {
		return nil
	}
	return &clientInfo{User: info.UserID, Client: info.ClientID, ConnInfo: info.ConnInfo, ChanInfo: info.ChanInfo}
}
