package config

import "regexp"

// Channel holds the options of all channels, by namespace.
type Channel struct {
	HistoryMetaTTL        Duration       `json:"history_meta_ttl" default:"720h"`
	MaxLength             int            `json:"max_length" default:"255"`
	PublicationDataFormat string         `json:"publication_data_format"`
	Proxy                 ChannelProxy   `json:"proxy"`
	WithoutNamespace      ChannelOptions `json:"without_namespace"`
	Namespaces            []Namespace    `json:"namespaces"`
}

// ChannelProxy holds the proxies that namespaces call "default".
type ChannelProxy struct {
	Subscribe  Proxy `json:"subscribe"`
	SubRefresh Proxy `json:"sub_refresh"`
}

// Namespace gives a name to options; a channel belongs to it by the part before its first colon.
type Namespace struct {
	Name string `json:"name"`
	ChannelOptions
}

// ChannelOptions say what is kept of a channel and who may do what with it.
type ChannelOptions struct {
	HistorySize           int      `json:"history_size"`
	HistoryTTL            Duration `json:"history_ttl"`
	HistoryMetaTTL        Duration `json:"history_meta_ttl"`
	ForceRecovery         bool     `json:"force_recovery"`
	AllowRecovery         bool     `json:"allow_recovery"`
	ForcePositioning      bool     `json:"force_positioning"`
	AllowPositioning      bool     `json:"allow_positioning"`
	Presence              bool     `json:"presence"`
	JoinLeave             bool     `json:"join_leave"`
	ForcePushJoinLeave    bool     `json:"force_push_join_leave"`
	PublicationDataFormat string   `json:"publication_data_format"`
	ChannelRegex          string   `json:"channel_regex"`

	AllowUserLimitedChannels   bool `json:"allow_user_limited_channels"`
	AllowSubscribeForClient    bool `json:"allow_subscribe_for_client"`
	AllowSubscribeForAnonymous bool `json:"allow_subscribe_for_anonymous"`
	AllowPublishForClient      bool `json:"allow_publish_for_client"`
	AllowPublishForSubscriber  bool `json:"allow_publish_for_subscriber"`
	AllowPublishForAnonymous   bool `json:"allow_publish_for_anonymous"`
	AllowHistoryForClient      bool `json:"allow_history_for_client"`
	AllowHistoryForSubscriber  bool `json:"allow_history_for_subscriber"`
	AllowHistoryForAnonymous   bool `json:"allow_history_for_anonymous"`
	AllowPresenceForClient     bool `json:"allow_presence_for_client"`
	AllowPresenceForSubscriber bool `json:"allow_presence_for_subscriber"`
	AllowPresenceForAnonymous  bool `json:"allow_presence_for_anonymous"`

	SubscribeProxyEnabled  bool   `json:"subscribe_proxy_enabled"`
	SubscribeProxyName     string `json:"subscribe_proxy_name" default:"default"`
	SubRefreshProxyEnabled bool   `json:"sub_refresh_proxy_enabled"`
	SubRefreshProxyName    string `json:"sub_refresh_proxy_name" default:"default"`

	// NamePattern is ChannelRegex, compiled by Load; nil without one.
	NamePattern *regexp.Regexp `json:"-"`
}

// HasHistory tells whether publications of the channel are kept.
func (o *ChannelOptions) HasHistory() bool { return o.HistorySize > 0 && o.HistoryTTL > 0 }

// RPC says which methods clients may call.
type RPC struct {
	Proxy            Proxy          `json:"proxy"`
	WithoutNamespace RPCOptions     `json:"without_namespace"`
	Namespaces       []RPCNamespace `json:"namespaces"`
}

// RPCNamespace gives a name to options; a method belongs to it by the part before its first colon.
type RPCNamespace struct {
	Name string `json:"name"`
	RPCOptions
}

// RPCOptions say whether a method reaches the application, and through which proxy.
type RPCOptions struct {
	ProxyEnabled bool   `json:"proxy_enabled"`
	ProxyName    string `json:"proxy_name" default:"default"`
}
