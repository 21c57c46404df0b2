package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"sync"

	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
)

// The most publications of one broadcast, or commands of one parallel batch, that are under way at once.
const maxConcurrency = 1024

// publication is what the requests to publish and to broadcast have in common.
type publication struct {
	Data           json.RawMessage   `json:"data"`
	B64Data        string            `json:"b64data"`
	SkipHistory    bool              `json:"skip_history"`
	Tags           map[string]string `json:"tags"`
	IdempotencyKey string            `json:"idempotency_key"`
	Delta          bool              `json:"delta"`
	Version        uint64            `json:"version"`
	VersionEpoch   string            `json:"version_epoch"`
}

type publishRequest struct {
	Channel string `json:"channel"`
	publication
}

type publishResult struct {
	Offset uint64 `json:"offset,omitempty"`
	Epoch  string `json:"epoch,omitempty"`
}

type broadcastRequest struct {
	Channels []string `json:"channels"`
	publication
}

type broadcastResult struct {
	Responses []response[publishResult] `json:"responses"`
}

func (a *API) publish(_ context.Context, request *publishRequest) (*publishResult, *Error) {
	if request.Channel == "" {
		return nil, errBadRequest
	}
	data, failure := request.bytes()
	if failure != nil {
		return nil, failure
	}
	return a.publishTo(request.Channel, data, &request.publication)
}

func (a *API) broadcast(_ context.Context, request *broadcastRequest) (*broadcastResult, *Error) {
	if len(request.Channels) == 0 {
		return nil, errBadRequest
	}
	data, failure := request.bytes()
	if failure != nil {
		return nil, failure
	}
	result := &broadcastResult{Responses: make([]response[publishResult], len(request.Channels))}
	together(len(request.Channels), func(index int) {
		published, failure := a.publishTo(request.Channels[index], data, &request.publication)
		result.Responses[index] = response[publishResult]{Error: failure, Result: published}
	})
	return result, nil
}

// publishTo publishes to one channel and keeps the publication as the channel's options say.
func (a *API) publishTo(channel string, data []byte, publication *publication) (*publishResult, *Error) {
	options, failure := a.optionsFor(channel)
	if failure != nil {
		return nil, failure
	}
	if !config.IsPublishable(data, a.config.DataFormat(options)) {
		return nil, errBadRequest
	}
	history := config.WithHistory(options)
	if publication.SkipHistory {
		history = centrifuge.WithHistory(0, 0)
	}
	result, err := a.node.Publish(channel, data, history,
		centrifuge.WithTags(publication.Tags),
		centrifuge.WithIdempotencyKey(publication.IdempotencyKey),
		centrifuge.WithDelta(publication.Delta),
		centrifuge.WithVersion(publication.Version, publication.VersionEpoch))
	if err != nil {
		return nil, a.failed("publish", err)
	}
	return &publishResult{Offset: result.StreamPosition.Offset, Epoch: result.StreamPosition.Epoch}, nil
}

func (p *publication) bytes() ([]byte, *Error) {
	return bytesOf(p.Data, p.B64Data)
}

// bytesOf returns what a field holds: its Base64 form wins when both are there.
func bytesOf(text json.RawMessage, encoded string) ([]byte, *Error) {
	if encoded == "" {
		return text, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errBadRequest
	}
	return decoded, nil
}

// together runs a piece of work for every index below count, beside each other, and waits for all.
func together(count int, work func(index int)) {
	var group sync.WaitGroup
	places := make(chan struct{}, maxConcurrency)
	for index := range count {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			work(index)
		})
	}
	group.Wait()
}
