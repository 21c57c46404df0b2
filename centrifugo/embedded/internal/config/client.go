package config

// Client holds what concerns connections: who may open one, its limits and the proxies that decide about it.
type Client struct {
	AllowedOrigins              []string    `json:"allowed_origins"`
	Concurrency                 int         `json:"concurrency"`
	ChannelLimit                int         `json:"channel_limit" default:"128"`
	QueueMaxSize                int         `json:"queue_max_size" default:"1048576"`
	ConnectionLimit             int         `json:"connection_limit"`
	UserConnectionLimit         int         `json:"user_connection_limit"`
	HistoryMaxPublicationLimit  int         `json:"history_max_publication_limit" default:"300"`
	RecoveryMaxPublicationLimit int         `json:"recovery_max_publication_limit" default:"300"`
	PingInterval                Duration    `json:"ping_interval" default:"25s"`
	PongTimeout                 Duration    `json:"pong_timeout" default:"8s"`
	StaleCloseDelay             Duration    `json:"stale_close_delay" default:"10s"`
	ExpiredCloseDelay           Duration    `json:"expired_close_delay" default:"25s"`
	ExpiredSubCloseDelay        Duration    `json:"expired_sub_close_delay" default:"25s"`
	PresenceUpdateInterval      Duration    `json:"presence_update_interval" default:"27s"`
	ChannelPositionCheckDelay   Duration    `json:"channel_position_check_delay" default:"40s"`
	ConnectIncludeServerTime    bool        `json:"connect_include_server_time"`
	Proxy                       ClientProxy `json:"proxy"`
}

// ClientProxy holds the two proxies that concern a connection as a whole.
type ClientProxy struct {
	Connect OptionalProxy `json:"connect"`
	Refresh OptionalProxy `json:"refresh"`
}

// OptionalProxy is a proxy that has its own switch.
type OptionalProxy struct {
	Enabled bool `json:"enabled"`
	Proxy
}

// NamedProxy is a proxy that namespaces refer to by its name.
type NamedProxy struct {
	Name string `json:"name"`
	Proxy
}

// Proxy says how one kind of question reaches the application: an HTTP endpoint and what to send along.
type Proxy struct {
	Endpoint              string    `json:"endpoint"`
	Timeout               Duration  `json:"timeout" default:"1s"`
	HTTPHeaders           []string  `json:"http_headers"`
	EmulatedHeaders       []string  `json:"emulated_headers"`
	IncludeConnectionMeta bool      `json:"include_connection_meta"`
	HTTP                  ProxyHTTP `json:"http"`
}

// ProxyHTTP holds headers that every request of a proxy carries.
type ProxyHTTP struct {
	StaticHeaders Headers `json:"static_headers"`
}
