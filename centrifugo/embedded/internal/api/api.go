// Package api is the server API: what the application tells the node to do, over HTTP.
package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"onesocket/embedded/internal/config"
)

// API carries out commands of the application.
type API struct {
	node    *centrifuge.Node
	config  *config.Config
	metrics *Metrics
	log     *slog.Logger
}

// New returns the API of a node that does not run yet.
func New(node *centrifuge.Node, configuration *config.Config, metrics *Metrics, log *slog.Logger) *API {
	api := &API{node: node, config: configuration, metrics: metrics, log: log}
	node.OnSurvey(api.answerSurvey)
	return api
}

// Register adds a route below /api for every command.
func (a *API) Register(mux *http.ServeMux) {
	routes := map[string]http.HandlerFunc{
		"publish":        route(a, "publish", a.publish),
		"broadcast":      route(a, "broadcast", a.broadcast),
		"subscribe":      route(a, "subscribe", a.subscribe),
		"unsubscribe":    route(a, "unsubscribe", a.unsubscribe),
		"disconnect":     route(a, "disconnect", a.disconnect),
		"refresh":        route(a, "refresh", a.refresh),
		"history":        route(a, "history", a.history),
		"history_remove": route(a, "history_remove", a.historyRemove),
		"presence":       route(a, "presence", a.presence),
		"presence_stats": route(a, "presence_stats", a.presenceStats),
		"channels":       route(a, "channels", a.channels),
		"info":           route(a, "info", a.info),
		"rpc":            route(a, "rpc", a.rpc),
		"batch":          a.serveBatch,
	}
	for name, handler := range routes {
		// The mux's own check of the method would answer with a body and an Allow header.
		mux.Handle("/api/"+name, onlyPost(requireKey(a.config.HTTPAPI.Key, handler)))
	}
}

// command carries out one kind of command; it returns a result or an error.
type command[Request, Result any] func(context.Context, *Request) (*Result, *Error)

// response is the body that answers a command.
type response[Result any] struct {
	Error  *Error  `json:"error,omitempty"`
	Result *Result `json:"result,omitempty"`
}

// route serves a command over HTTP.
func route[Request, Result any](a *API, name string, run command[Request, Result]) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		input := new(Request)
		if !a.read(writer, request, input) {
			return
		}
		result, failure := observe(a, name, run)(request.Context(), input)
		inTransport := a.config.HTTPAPI.ErrorMode == "transport" ||
			request.Header.Get("X-Centrifugo-Error-Mode") == "transport"
		if failure != nil && inTransport {
			a.write(writer, failure.status(), failure)
			return
		}
		a.write(writer, http.StatusOK, response[Result]{Error: failure, Result: result})
	}
}

// observe times a command and counts its errors.
func observe[Request, Result any](a *API, name string, run command[Request, Result]) command[Request, Result] {
	return func(ctx context.Context, request *Request) (*Result, *Error) {
		started := time.Now()
		result, failure := run(ctx, request)
		a.metrics.observe(name, time.Since(started), failure)
		return result, failure
	}
}

// read decodes a request's body; it answers by itself, and returns false, when that is not possible.
func (a *API) read(writer http.ResponseWriter, request *http.Request, into any) bool {
	text, err := io.ReadAll(request.Body)
	if err != nil {
		a.refuse(writer, http.StatusInternalServerError, request, err)
		return false
	}
	if err := json.Unmarshal(text, into); err != nil {
		a.refuse(writer, http.StatusBadRequest, request, err)
		return false
	}
	return true
}

func (a *API) refuse(writer http.ResponseWriter, status int, request *http.Request, err error) {
	a.log.Error("API request cannot be read", "path", request.URL.Path, "error", err)
	http.Error(writer, http.StatusText(status), status)
}

func (a *API) write(writer http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		a.log.Error("API response cannot be written", "error", err)
		http.Error(writer, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	_, _ = writer.Write(text)
}

// failed logs why a command failed inside, and returns what the caller is told.
func (a *API) failed(command string, err error) *Error {
	a.log.Error("API command failed", "command", command, "error", err)
	return errInternal
}

// optionsFor returns the options of the channel that a command names.
func (a *API) optionsFor(channel string) (*config.ChannelOptions, *Error) {
	if channel == "" {
		return nil, errBadRequest
	}
	options := a.config.ChannelOptions(channel)
	if options == nil {
		return nil, errUnknownChannel
	}
	return options, nil
}
