// Package proxy asks the application over HTTP: who is connecting, what a call means, who may subscribe.
package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"onesocket/embedded/internal/config"
)

// Go's default of 2 would open a connection for nearly every call of a busy node.
const maxIdleConnections = 255

// Proxy is one endpoint of the application.
type Proxy struct {
	config  config.Proxy
	client  *http.Client
	metrics observer
}

// New returns a proxy for one kind of question; name tells several of a kind apart in metrics.
func New(proxy config.Proxy, kind, name string, metrics *Metrics) *Proxy {
	// Variables like HTTP_PROXY must not come between this process and the application: no Transport.Proxy.
	client := &http.Client{
		Timeout:   time.Duration(proxy.Timeout),
		Transport: &http.Transport{MaxIdleConnsPerHost: maxIdleConnections},
	}
	return &Proxy{config: proxy, client: client, metrics: metrics.of(kind, name)}
}

// IncludesMeta tells whether the application wants to see the connection's meta.
func (p *Proxy) IncludesMeta() bool { return p.config.IncludeConnectionMeta }

// Ask sends a request and reads the answer; any error means that there is no answer that could be understood. The
// request is given up when ctx ends, which is no failure of the application and not counted as one.
func Ask[Result any](ctx context.Context, proxy *Proxy, request any) (*Answer[Result], error) {
	proxy.metrics.inflight.Inc()
	defer proxy.metrics.inflight.Dec()
	started := time.Now()
	answer := &Answer[Result]{}
	err := proxy.call(ctx, request, answer)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	proxy.metrics.duration.Observe(time.Since(started).Seconds())
	if err != nil {
		proxy.metrics.errors.Inc()
		return nil, err
	}
	return answer, nil
}

func (p *Proxy) call(ctx context.Context, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("the request cannot be written as JSON: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.config.Endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the request cannot be made: %w", err)
	}
	request.Header = p.headers(ctx)
	response, err := p.client.Do(request)
	if err != nil {
		return fmt.Errorf("the application does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the application answers with status %d", response.StatusCode)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("the answer breaks off: %w", err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("the answer cannot be understood: %w", err)
	}
	return nil
}
