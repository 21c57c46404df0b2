package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/centrifugal/centrifuge"
	"github.com/gobwas/glob"
)

// The question that nodes ask each other for their channels; the payload is a glob pattern, which may be empty.
const channelsSurvey = "channels"

// Codes of survey replies; zero means that the data can be read.
const (
	surveyFailed  uint32 = 1
	surveyUnknown uint32 = 3
)

type infoResult struct {
	Nodes []nodeResult `json:"nodes,omitempty"`
}

type nodeResult struct {
	UID         string         `json:"uid"`
	Name        string         `json:"name"`
	Version     string         `json:"version"`
	NumClients  uint32         `json:"num_clients"`
	NumUsers    uint32         `json:"num_users"`
	NumChannels uint32         `json:"num_channels"`
	Uptime      uint32         `json:"uptime,omitempty"`
	Metrics     *metricsResult `json:"metrics,omitempty"`
	NumSubs     uint32         `json:"num_subs"`
}

type metricsResult struct {
	Interval float64            `json:"interval,omitempty"`
	Items    map[string]float64 `json:"items,omitempty"`
}

type channelsRequest struct {
	Pattern string `json:"pattern"`
}

type channelsResult struct {
	Channels map[string]channelResult `json:"channels"`
}

type channelResult struct {
	NumClients int `json:"num_clients"`
}

type rpcRequest struct {
	Method string `json:"method"`
}

// info tells about the nodes that share an engine.
func (a *API) info(_ context.Context, _ *emptyResult) (*infoResult, *Error) {
	found, err := a.node.Info()
	if err != nil {
		return nil, a.failed("info", err)
	}
	result := &infoResult{Nodes: make([]nodeResult, len(found.Nodes))}
	for index, node := range found.Nodes {
		result.Nodes[index] = nodeResult{
			UID: node.UID, Name: node.Name, Version: node.Version, Uptime: node.Uptime, NumClients: node.NumClients,
			NumUsers: node.NumUsers, NumChannels: node.NumChannels, NumSubs: node.NumSubs,
		}
		if node.Metrics != nil {
			result.Nodes[index].Metrics = &metricsResult{node.Metrics.Interval, node.Metrics.Items}
		}
	}
	return result, nil
}

// channels lists the channels that have subscribers on any node, with their number.
func (a *API) channels(ctx context.Context, request *channelsRequest) (*channelsResult, *Error) {
	replies, err := a.node.Survey(ctx, channelsSurvey, []byte(request.Pattern), "")
	if err != nil {
		return nil, a.failed("channels", err)
	}
	total := &channelsResult{Channels: map[string]channelResult{}}
	for node, reply := range replies {
		var counts map[string]int
		if reply.Code != 0 {
			return nil, a.failed("channels", fmt.Errorf("node %s answers with code %d", node, reply.Code))
		}
		if err := json.Unmarshal(reply.Data, &counts); err != nil {
			return nil, a.failed("channels", fmt.Errorf("node %s cannot be understood: %w", node, err))
		}
		for channel, count := range counts {
			total.Channels[channel] = channelResult{total.Channels[channel].NumClients + count}
		}
	}
	return total, nil
}

// answerSurvey tells another node, or this one, about the channels here.
func (a *API) answerSurvey(event centrifuge.SurveyEvent, reply centrifuge.SurveyCallback) {
	if event.Op != channelsSurvey {
		reply(centrifuge.SurveyReply{Code: surveyUnknown})
		return
	}
	pattern := string(event.Data)
	matcher, err := glob.Compile(pattern)
	if err != nil {
		reply(centrifuge.SurveyReply{Code: surveyFailed})
		return
	}
	counts := map[string]int{}
	for _, channel := range a.node.Hub().Channels() {
		count := a.node.Hub().NumSubscribers(channel)
		if count > 0 && (pattern == "" || matcher.Match(channel)) {
			counts[channel] = count
		}
	}
	data, err := json.Marshal(counts)
	if err != nil {
		reply(centrifuge.SurveyReply{Code: surveyFailed})
		return
	}
	reply(centrifuge.SurveyReply{Data: data})
}

// rpc exists to answer as Centrifugo does: it has no methods.
func (a *API) rpc(_ context.Context, request *rpcRequest) (*emptyResult, *Error) {
	if request.Method == "" {
		return nil, errBadRequest
	}
	return nil, errNotFound
}
