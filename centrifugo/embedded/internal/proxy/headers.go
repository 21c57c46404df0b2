package proxy

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

type requestHeadersKey struct{}
type emulatedHeadersKey struct{}

// KeepRequestHeaders remembers the headers of the request that opens a connection for the proxies that forward some.
func KeepRequestHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		ctx := context.WithValue(request.Context(), requestHeadersKey{}, request.Header)
		next.ServeHTTP(writer, request.WithContext(ctx))
	})
}

// WithEmulatedHeaders remembers what a client sent in its connect frame in the place of headers. A client may write
// anything there.
func WithEmulatedHeaders(ctx context.Context, headers map[string]string) context.Context {
	return context.WithValue(ctx, emulatedHeadersKey{}, headers)
}

// headers composes the headers of one call: static ones first, over them what the client emulates and the proxy lists,
// over these what the browser really sent and the proxy lists.
func (p *Proxy) headers(ctx context.Context) http.Header {
	headers := http.Header{}
	for name, value := range p.config.HTTP.StaticHeaders {
		headers.Set(name, value)
	}
	emulated, _ := ctx.Value(emulatedHeadersKey{}).(map[string]string)
	for name, value := range emulated {
		if lists(p.config.EmulatedHeaders, name) {
			headers.Set(name, value)
		}
	}
	sent, _ := ctx.Value(requestHeadersKey{}).(http.Header)
	for name, values := range sent {
		if lists(p.config.HTTPHeaders, name) {
			headers[name] = values
		}
	}
	headers.Set("Content-Type", "application/json")
	return headers
}

func lists(names []string, name string) bool {
	return slices.ContainsFunc(names, func(listed string) bool { return strings.EqualFold(listed, name) })
}
