package proxy

import (
	"encoding/base64"
	"encoding/json"

	"github.com/centrifugal/centrifuge"
)

// Common opens every question: which connection asks.
type Common struct {
	Client    string `json:"client"`
	Transport string `json:"transport"`
	Protocol  string `json:"protocol"`
	Encoding  string `json:"encoding"`
}

// CommonOf describes a connection.
func CommonOf(clientID string, transport centrifuge.TransportInfo) Common {
	return Common{clientID, transport.Name(), string(transport.Protocol()), "json"}
}

// ConnectRequest asks who is connecting.
type ConnectRequest struct {
	Common
	Data     json.RawMessage `json:"data,omitempty"`
	Name     string          `json:"name,omitempty"`
	Version  string          `json:"version,omitempty"`
	Channels []string        `json:"channels,omitempty"`
}

// RefreshRequest asks whether a connection may stay.
type RefreshRequest struct {
	Common
	User string          `json:"user"`
	Meta json.RawMessage `json:"meta,omitempty"`
}

// RPCRequest hands over what a client calls.
type RPCRequest struct {
	Common
	User   string          `json:"user"`
	Method string          `json:"method,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
	Meta   json.RawMessage `json:"meta,omitempty"`
}

// SubscribeRequest asks whether a client may subscribe to a channel.
type SubscribeRequest struct {
	Common
	User    string          `json:"user"`
	Channel string          `json:"channel,omitempty"`
	Meta    json.RawMessage `json:"meta,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// SubRefreshRequest asks whether a subscription may stay.
type SubRefreshRequest struct {
	Common
	User    string          `json:"user"`
	Channel string          `json:"channel,omitempty"`
	Meta    json.RawMessage `json:"meta,omitempty"`
}

// Answer is what the application says: to close the connection, an error, or a result, whichever is first there.
type Answer[Result any] struct {
	Disconnect *Disconnect `json:"disconnect"`
	Error      *Error      `json:"error"`
	Result     *Result     `json:"result"`
}

// Refusal returns the answer's disconnect or error as the library wants it, nil when it has neither.
func (a *Answer[Result]) Refusal() error {
	switch {
	case a.Disconnect != nil:
		return centrifuge.Disconnect{Code: a.Disconnect.Code, Reason: a.Disconnect.Reason}
	case a.Error != nil:
		return &centrifuge.Error{Code: a.Error.Code, Message: a.Error.Message, Temporary: a.Error.Temporary}
	default:
		return nil
	}
}

// Disconnect closes a connection with a code.
type Disconnect struct {
	Code   uint32 `json:"code"`
	Reason string `json:"reason"`
}

// Error is one that the client is shown.
type Error struct {
	Code      uint32 `json:"code"`
	Message   string `json:"message"`
	Temporary bool   `json:"temporary"`
}

// ConnectResult accepts a connection; an empty user is an anonymous one. ExpireAt is in Unix seconds.
type ConnectResult struct {
	User     string                   `json:"user"`
	ExpireAt int64                    `json:"expire_at"`
	Info     json.RawMessage          `json:"info"`
	B64Info  string                   `json:"b64info"`
	Data     json.RawMessage          `json:"data"`
	B64Data  string                   `json:"b64data"`
	Channels []string                 `json:"channels"`
	Subs     map[string]*Subscription `json:"subs"`
	Meta     json.RawMessage          `json:"meta"`
}

// RefreshResult keeps or ends a connection or a subscription. ExpireAt is in Unix seconds.
type RefreshResult struct {
	Expired  bool            `json:"expired"`
	ExpireAt int64           `json:"expire_at"`
	Info     json.RawMessage `json:"info"`
	B64Info  string          `json:"b64info"`
	Meta     json.RawMessage `json:"meta"`
}

// RPCResult is what the client's call returns.
type RPCResult struct {
	Data    json.RawMessage `json:"data"`
	B64Data string          `json:"b64data"`
}

// Subscription describes a subscription that the application allows. ExpireAt is in Unix seconds.
type Subscription struct {
	ExpireAt int64           `json:"expire_at"`
	Info     json.RawMessage `json:"info"`
	B64Info  string          `json:"b64info"`
	Data     json.RawMessage `json:"data"`
	B64Data  string          `json:"b64data"`
	Override *Override       `json:"override"`
}

// Override replaces options of the channel for one subscription.
type Override struct {
	Presence           *Bool `json:"presence"`
	JoinLeave          *Bool `json:"join_leave"`
	ForceRecovery      *Bool `json:"force_recovery"`
	ForcePositioning   *Bool `json:"force_positioning"`
	ForcePushJoinLeave *Bool `json:"force_push_join_leave"`
}

// Bool is a boolean that can be absent.
type Bool struct {
	Value bool `json:"value"`
}

// Bytes returns what a field holds: its Base64 form wins when both are there. What is no Base64 is an internal error.
func Bytes(text json.RawMessage, encoded string) ([]byte, error) {
	if encoded == "" {
		return text, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, centrifuge.ErrorInternal
	}
	return decoded, nil
}

// Apply changes what the override names; a nil override names nothing.
func (o *Override) Apply(options *centrifuge.SubscribeOptions) {
	if o == nil {
		return
	}
	o.Presence.apply(&options.EmitPresence)
	o.JoinLeave.apply(&options.EmitJoinLeave)
	o.ForcePushJoinLeave.apply(&options.PushJoinLeave)
	o.ForceRecovery.apply(&options.EnableRecovery)
	o.ForcePositioning.apply(&options.EnablePositioning)
}

func (b *Bool) apply(option *bool) {
	if b != nil {
		*option = b.Value
	}
}
