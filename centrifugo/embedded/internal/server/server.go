// Package server puts the parts of the node together and runs them.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"onesocket/embedded/internal/api"
	"onesocket/embedded/internal/client"
	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/logging"
	"onesocket/embedded/internal/proxy"
)

// Bounds for requests that are not upgraded to WebSockets, as in Centrifugo.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 10 * time.Second
)

// Run serves until ctx ends, then says goodbye to clients and returns. An error means that the node did not start, or
// did not come to an end within the time that the configuration gives it.
func Run(ctx context.Context, configuration *config.Config, logger *logging.Logger) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	node, err := newNode(configuration, registry, logger)
	if err != nil {
		return err
	}
	if err := useEngine(node, &configuration.Engine); err != nil {
		return err
	}
	client.Register(node, configuration, proxy.NewSet(configuration, proxy.NewMetrics(registry)), logger.Logger)
	serverAPI := api.New(node, configuration, api.NewMetrics(registry), logger.Logger)

	external, internal := addresses(&configuration.HTTPServer)
	muxes := map[string]*http.ServeMux{external: http.NewServeMux(), internal: http.NewServeMux()}
	registerExternal(muxes[external], configuration, node, logger.Logger)
	registerInternal(muxes[internal], configuration, serverAPI, registry)

	listeners, err := listen(muxes)
	if err != nil {
		return err
	}
	if err := node.Run(); err != nil {
		return fmt.Errorf("the node does not start: %w", err)
	}
	return serve(ctx, node, muxes, listeners, time.Duration(configuration.Shutdown.Timeout), logger.Logger)
}

// addresses returns where to listen for clients and for the application; they may be the same.
func addresses(server *config.HTTPServer) (external, internal string) {
	port := strconv.Itoa(server.Port)
	internalAddress, internalPort := server.InternalAddress, server.InternalPort
	if internalAddress == "" {
		internalAddress = server.Address
	}
	if internalPort == "" {
		internalPort = port
	}
	return net.JoinHostPort(server.Address, port), net.JoinHostPort(internalAddress, internalPort)
}

// listen opens all addresses, or none.
func listen(muxes map[string]*http.ServeMux) (map[string]net.Listener, error) {
	listeners := map[string]net.Listener{}
	for address := range muxes {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			for _, opened := range listeners {
				_ = opened.Close()
			}
			return nil, err
		}
		listeners[address] = listener
	}
	return listeners, nil
}

func serve(
	ctx context.Context, node *centrifuge.Node, muxes map[string]*http.ServeMux, listeners map[string]net.Listener,
	shutdownTimeout time.Duration, log *slog.Logger,
) error {
	failed := make(chan error, len(listeners))
	var servers []*http.Server
	for address, listener := range listeners {
		server := &http.Server{
			Handler:           muxes[address],
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelError),
			ReadHeaderTimeout: readHeaderTimeout,
			ReadTimeout:       readTimeout,
			WriteTimeout:      writeTimeout,
		}
		servers = append(servers, server)
		log.Info("serving", "address", address)
		go func() { failed <- server.Serve(listener) }()
	}
	var reason error
	select {
	case <-ctx.Done():
		log.Info("shutting down")
	case reason = <-failed:
	}
	return errors.Join(reason, shutDown(node, servers, shutdownTimeout))
}

// shutDown ends connections and requests at the same time: a request may wait for a connection and the reverse.
func shutDown(node *centrifuge.Node, servers []*http.Server, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var group sync.WaitGroup
	for _, server := range servers {
		group.Go(func() { _ = server.Shutdown(ctx) })
	}
	err := node.Shutdown(ctx)
	group.Wait()
	if err != nil || ctx.Err() != nil {
		return fmt.Errorf("not everything came to an end within shutdown.timeout, %s", timeout)
	}
	return nil
}
