package config

import (
	"slices"
	"strings"
	"unicode"
)

const (
	privatePrefix     = "$"
	namespaceBoundary = ":"
	userBoundary      = "#"
	userSeparator     = ","
)

// ChannelOptions returns the options of a channel, nil when its namespace is unknown.
func (c *Config) ChannelOptions(channel string) *ChannelOptions {
	namespace, _ := splitChannel(channel)
	if namespace == "" {
		return &c.Channel.WithoutNamespace
	}
	for index := range c.Channel.Namespaces {
		if c.Channel.Namespaces[index].Name == namespace {
			return &c.Channel.Namespaces[index].ChannelOptions
		}
	}
	return nil
}

// DataFormat returns what publications of a channel with these options must look like.
func (c *Config) DataFormat(options *ChannelOptions) string {
	if options.PublicationDataFormat != "" {
		return options.PublicationDataFormat
	}
	return c.Channel.PublicationDataFormat
}

// RPCOptions returns the options of a method, nil when its namespace is unknown.
func (c *Config) RPCOptions(method string) *RPCOptions {
	namespace, _, found := strings.Cut(method, namespaceBoundary)
	if !found || namespace == "" {
		return &c.RPC.WithoutNamespace
	}
	for index := range c.RPC.Namespaces {
		if c.RPC.Namespaces[index].Name == namespace {
			return &c.RPC.Namespaces[index].RPCOptions
		}
	}
	return nil
}

// IsValidName tells whether clients may use the channel's name: by the namespace's pattern if it has one, else by
// being ASCII.
func (o *ChannelOptions) IsValidName(channel string) bool {
	if o.NamePattern != nil {
		_, rest := splitChannel(channel)
		return o.NamePattern.MatchString(rest)
	}
	return strings.IndexFunc(channel, func(letter rune) bool { return letter > unicode.MaxASCII }) < 0
}

// IsPrivate tells whether only a subscription token, which this node does not know, would open the channel.
func IsPrivate(channel string) bool { return strings.HasPrefix(channel, privatePrefix) }

// IsUserLimited tells whether the channel's name says who may subscribe to it.
func IsUserLimited(channel string) bool { return strings.Contains(channel, userBoundary) }

// IsUserAllowed tells whether a user is among those whom a user-limited channel names.
func IsUserAllowed(channel, user string) bool {
	names := channel[strings.LastIndex(channel, userBoundary)+len(userBoundary):]
	return slices.Contains(strings.Split(names, userSeparator), user)
}

// splitChannel returns the namespace, which may be empty, and what follows it.
func splitChannel(channel string) (namespace, rest string) {
	namespace, rest, found := strings.Cut(strings.TrimPrefix(channel, privatePrefix), namespaceBoundary)
	if !found {
		return "", channel
	}
	return namespace, rest
}
