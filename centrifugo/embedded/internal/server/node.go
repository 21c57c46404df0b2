package server

import (
	"cmp"
	"fmt"
	"os"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/logging"
)

// version is what clients and the API's info see in the place of Centrifugo's version.
const version = "0.0.0 EMBEDDED"

// newNode makes the library's node. Every value is passed, because the library's defaults are not all Centrifugo's.
func newNode(
	configuration *config.Config, registry *prometheus.Registry, logger *logging.Logger,
) (*centrifuge.Node, error) {
	client := &configuration.Client
	return centrifuge.New(centrifuge.Config{
		Version:                         version,
		Name:                            nodeName(configuration),
		LogLevel:                        logger.LibraryLevel(),
		LogHandler:                      logger.HandleLibrary,
		Metrics:                         centrifuge.MetricsConfig{MetricsNamespace: "centrifugo", RegistererGatherer: registry},
		ChannelMaxLength:                configuration.Channel.MaxLength,
		HistoryMetaTTL:                  time.Duration(configuration.Channel.HistoryMetaTTL),
		HistoryMaxPublicationLimit:      client.HistoryMaxPublicationLimit,
		RecoveryMaxPublicationLimit:     client.RecoveryMaxPublicationLimit,
		ClientChannelLimit:              client.ChannelLimit,
		ClientQueueMaxSize:              client.QueueMaxSize,
		ClientStaleCloseDelay:           time.Duration(client.StaleCloseDelay),
		ClientExpiredCloseDelay:         time.Duration(client.ExpiredCloseDelay),
		ClientExpiredSubCloseDelay:      time.Duration(client.ExpiredSubCloseDelay),
		ClientPresenceUpdateInterval:    time.Duration(client.PresenceUpdateInterval),
		ClientChannelPositionCheckDelay: time.Duration(client.ChannelPositionCheckDelay),
		ClientConnectIncludeServerTime:  client.ConnectIncludeServerTime,
		UserConnectionLimit:             client.UserConnectionLimit,
	})
}

func nodeName(configuration *config.Config) string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return cmp.Or(configuration.Node.Name, fmt.Sprintf("%s_%d", host, configuration.HTTPServer.Port))
}

// useEngine puts channels where the configuration wants them; the library's own choice is this process's memory.
func useEngine(node *centrifuge.Node, engine *config.Engine) error {
	if engine.Type != "redis" {
		return nil
	}
	var shards []*centrifuge.RedisShard
	for _, address := range engine.Redis.Address {
		shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{
			Address:        address,
			ConnectTimeout: time.Duration(engine.Redis.ConnectTimeout),
			IOTimeout:      time.Duration(engine.Redis.IOTimeout),
		})
		if err != nil {
			return fmt.Errorf("engine.redis: %w", err)
		}
		shards = append(shards, shard)
	}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{
		Prefix: engine.Redis.Prefix, Shards: shards,
	})
	if err != nil {
		return fmt.Errorf("engine.redis: %w", err)
	}
	presence, err := centrifuge.NewRedisPresenceManager(node, centrifuge.RedisPresenceManagerConfig{
		Prefix: engine.Redis.Prefix, Shards: shards, PresenceTTL: time.Duration(engine.Redis.PresenceTTL),
	})
	if err != nil {
		return fmt.Errorf("engine.redis: %w", err)
	}
	node.SetBroker(broker)
	node.SetPresenceManager(presence)
	return nil
}
