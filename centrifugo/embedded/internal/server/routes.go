package server

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"onesocket/embedded/internal/api"
	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/proxy"
)

// registerExternal adds what clients use: the WebSocket.
func registerExternal(mux *http.ServeMux, configuration *config.Config, node *centrifuge.Node, log *slog.Logger) {
	socket := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		CheckOrigin:        originCheck(configuration.Client.AllowedOrigins, log),
		MessageSizeLimit:   configuration.WebSocket.MessageSizeLimit,
		WriteTimeout:       time.Duration(configuration.WebSocket.WriteTimeout),
		Compression:        configuration.WebSocket.Compression,
		CompressionLevel:   configuration.WebSocket.CompressionLevel,
		CompressionMinSize: configuration.WebSocket.CompressionMinSize,
		PingPongConfig: centrifuge.PingPongConfig{
			PingInterval: time.Duration(configuration.Client.PingInterval),
			PongTimeout:  time.Duration(configuration.Client.PongTimeout),
		},
	})
	handler := proxy.KeepRequestHeaders(socket)
	mux.Handle("/connection/websocket", limitConnections(configuration.Client.ConnectionLimit, node, handler))
}

// registerInternal adds what only the application and its operator use.
func registerInternal(
	mux *http.ServeMux, configuration *config.Config, serverAPI *api.API, gatherer prometheus.Gatherer,
) {
	serverAPI.Register(mux)
	if configuration.Health.Enabled {
		mux.HandleFunc("/health", func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("Content-Type", "application/json")
			_, _ = writer.Write([]byte("{}"))
		})
	}
	if configuration.Prometheus.Enabled {
		mux.Handle("/metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}))
	}
}

// limitConnections turns newcomers away while the node has as many connections as it may; zero means no limit.
func limitConnections(limit int, node *centrifuge.Node, next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if limit > 0 && node.Hub().NumClients() >= limit {
			writer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(writer, request)
	})
}
