package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
)

type historyRequest struct {
	Channel string    `json:"channel"`
	Limit   int32     `json:"limit"`
	Since   *position `json:"since"`
	Reverse bool      `json:"reverse"`
}

type position struct {
	Offset uint64 `json:"offset"`
	Epoch  string `json:"epoch"`
}

func (p *position) inLibrary() *centrifuge.StreamPosition {
	if p == nil {
		return nil
	}
	return &centrifuge.StreamPosition{Offset: p.Offset, Epoch: p.Epoch}
}

type historyResult struct {
	Publications []keptPublication `json:"publications"`
	Epoch        string            `json:"epoch"`
	Offset       uint64            `json:"offset"`
}

type keptPublication struct {
	Data   json.RawMessage   `json:"data,omitempty"`
	Info   *clientInfo       `json:"info,omitempty"`
	Offset uint64            `json:"offset,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`
}

type channelRequest struct {
	Channel string `json:"channel"`
}

type emptyResult struct{}

// history reads publications. A limit of zero asks for the position alone, a negative one for everything.
func (a *API) history(_ context.Context, request *historyRequest) (*historyResult, *Error) {
	options, failure := a.historyOptions(request.Channel)
	if failure != nil {
		return nil, failure
	}
	found, err := a.node.History(request.Channel,
		centrifuge.WithHistoryMetaTTL(time.Duration(options.HistoryMetaTTL)),
		centrifuge.WithLimit(int(request.Limit)),
		centrifuge.WithSince(request.Since.inLibrary()),
		centrifuge.WithReverse(request.Reverse))
	if errors.Is(err, centrifuge.ErrorUnrecoverablePosition) {
		return nil, errUnrecoverablePosition
	}
	if err != nil {
		return nil, a.failed("history", err)
	}
	result := &historyResult{
		Publications: make([]keptPublication, len(found.Publications)), Epoch: found.Epoch, Offset: found.Offset,
	}
	for index, publication := range found.Publications {
		result.Publications[index] = keptPublication{
			Data: publication.Data, Info: infoOf(publication.Info), Offset: publication.Offset, Tags: publication.Tags,
		}
	}
	return result, nil
}

// historyRemove forgets the publications of a channel; its position stays.
func (a *API) historyRemove(_ context.Context, request *channelRequest) (*emptyResult, *Error) {
	if _, failure := a.historyOptions(request.Channel); failure != nil {
		return nil, failure
	}
	if err := a.node.RemoveHistory(request.Channel); err != nil {
		return nil, a.failed("history_remove", err)
	}
	return &emptyResult{}, nil
}

// historyOptions returns the options of a channel that has history.
func (a *API) historyOptions(channel string) (*config.ChannelOptions, *Error) {
	options, failure := a.optionsFor(channel)
	if failure == nil && !options.HasHistory() {
		return nil, errNotAvailable
	}
	return options, failure
}
