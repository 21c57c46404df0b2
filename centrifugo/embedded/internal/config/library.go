package config

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/centrifugal/centrifuge"
)

// Sources tell by which rule a subscription was allowed; the numbers are Centrifugo's.
const (
	SourceConnectProxy   uint8 = 2
	SourceSubscribeProxy uint8 = 4
	SourceUserLimited    uint8 = 5
	SourceClientAllowed  uint8 = 6
	SourceServerAPI      uint8 = 10
)

// SubscribeOptions says in the library's words how a subscription to a channel with these options behaves.
func SubscribeOptions(options *ChannelOptions, source uint8) centrifuge.SubscribeOptions {
	return centrifuge.SubscribeOptions{
		EmitPresence:      options.Presence,
		EmitJoinLeave:     options.JoinLeave,
		PushJoinLeave:     options.ForcePushJoinLeave,
		EnablePositioning: options.ForcePositioning,
		EnableRecovery:    options.ForceRecovery,
		HistoryMetaTTL:    time.Duration(options.HistoryMetaTTL),
		Source:            source,
	}
}

// WithHistory makes the library keep a publication as the channel's options say; it remembers none of them itself.
func WithHistory(options *ChannelOptions) centrifuge.PublishOption {
	return centrifuge.WithHistory(
		options.HistorySize, time.Duration(options.HistoryTTL), time.Duration(options.HistoryMetaTTL))
}

// IsPublishable tells whether data have the format that is asked for; no format refuses only what is missing.
func IsPublishable(data []byte, format string) bool {
	switch format {
	case "json":
		return json.Valid(data)
	case "json_object":
		return json.Valid(data) && bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
	case "binary":
		return true
	default:
		return len(data) > 0
	}
}
