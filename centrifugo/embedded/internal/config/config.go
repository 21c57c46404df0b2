// Package config reads the part of Centrifugo's configuration that the embedded node implements.
//
// Names, defaults, environment variables and checks are Centrifugo's. What the node does not implement is a start
// error that names the key, so that a configuration never means less here than it does there.
package config

// Config is the whole configuration; its JSON names are the keys of the file.
type Config struct {
	Log        Log          `json:"log"`
	HTTPServer HTTPServer   `json:"http_server"`
	HTTPAPI    HTTPAPI      `json:"http_api"`
	Health     Switch       `json:"health"`
	Prometheus Switch       `json:"prometheus"`
	Admin      Switch       `json:"admin"`
	UsageStats UsageStats   `json:"usage_stats"`
	Shutdown   Shutdown     `json:"shutdown"`
	Node       Node         `json:"node"`
	Engine     Engine       `json:"engine"`
	WebSocket  WebSocket    `json:"websocket"`
	Client     Client       `json:"client"`
	RPC        RPC          `json:"rpc"`
	Channel    Channel      `json:"channel"`
	Proxies    []NamedProxy `json:"proxies"`
}

// Log says how much is logged: trace, debug, info, warn, error or none; anything else means info.
type Log struct {
	Level string `json:"level" default:"info"`
}

// HTTPServer says where to listen; an empty internal port puts everything on the external one.
type HTTPServer struct {
	Address         string `json:"address"`
	Port            int    `json:"port" default:"8000"`
	InternalAddress string `json:"internal_address"`
	InternalPort    string `json:"internal_port"`
}

// HTTPAPI configures the server API; an empty key refuses every call.
type HTTPAPI struct {
	Key       string `json:"key"`
	ErrorMode string `json:"error_mode"`
}

// Switch turns an endpoint on.
type Switch struct {
	Enabled bool `json:"enabled"`
}

// UsageStats is accepted because the shipped configuration sets it; this node never reports anything.
type UsageStats struct {
	Disabled bool `json:"disabled"`
}

// Shutdown bounds the time between the signal and the end of the process.
type Shutdown struct {
	Timeout Duration `json:"timeout" default:"30s"`
}

// Node names this process among those that share a Redis; empty means host name and port.
type Node struct {
	Name string `json:"name"`
}

// Engine chooses where channels live: memory or redis.
type Engine struct {
	Type  string `json:"type" default:"memory"`
	Redis Redis  `json:"redis"`
}

// Redis is one standalone server or several to shard over.
type Redis struct {
	Address        []string `json:"address" default:"redis://127.0.0.1:6379"`
	Prefix         string   `json:"prefix" default:"centrifugo"`
	ConnectTimeout Duration `json:"connect_timeout" default:"1s"`
	IOTimeout      Duration `json:"io_timeout" default:"4s"`
	PresenceTTL    Duration `json:"presence_ttl" default:"60s"`
}

// WebSocket bounds what clients may send (bytes) and how long a write may take.
type WebSocket struct {
	MessageSizeLimit   int      `json:"message_size_limit" default:"65536"`
	WriteTimeout       Duration `json:"write_timeout" default:"1s"`
	Compression        bool     `json:"compression"`
	CompressionLevel   int      `json:"compression_level" default:"1"`
	CompressionMinSize int      `json:"compression_min_size"`
}
