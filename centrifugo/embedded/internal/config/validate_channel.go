package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

var dataFormats = []string{"", "json", "json_object", "binary"}

func (c *Config) validateChannels() error {
	if err := validateSeconds("channel.history_meta_ttl", c.Channel.HistoryMetaTTL); err != nil {
		return err
	}
	if err := validateFormat("channel.publication_data_format", c.Channel.PublicationDataFormat); err != nil {
		return err
	}
	if err := c.validateOptions("channel.without_namespace", &c.Channel.WithoutNamespace); err != nil {
		return err
	}
	var names []string
	for index := range c.Channel.Namespaces {
		namespace := &c.Channel.Namespaces[index]
		if err := validateName("channel.namespaces", namespace.Name, names); err != nil {
			return err
		}
		if err := c.validateOptions("channel.namespaces."+namespace.Name, &namespace.ChannelOptions); err != nil {
			return err
		}
		names = append(names, namespace.Name)
	}
	return nil
}

// validateOptions checks the options of one namespace; it also compiles the pattern of its names.
func (c *Config) validateOptions(path string, options *ChannelOptions) error {
	if err := c.validateHistory(path, options); err != nil {
		return err
	}
	if err := validateFormat(path+".publication_data_format", options.PublicationDataFormat); err != nil {
		return err
	}
	if options.ChannelRegex != "" {
		pattern, err := regexp.Compile(options.ChannelRegex)
		if err != nil {
			return fmt.Errorf("%s.channel_regex: %w", path, err)
		}
		options.NamePattern = pattern
	}
	if err := c.validateReference(path+".subscribe_proxy_name", options.SubscribeProxyName,
		options.SubscribeProxyEnabled, "channel.proxy.subscribe", &c.Channel.Proxy.Subscribe); err != nil {
		return err
	}
	return c.validateReference(path+".sub_refresh_proxy_name", options.SubRefreshProxyName,
		options.SubRefreshProxyEnabled, "channel.proxy.sub_refresh", &c.Channel.Proxy.SubRefresh)
}

func (c *Config) validateHistory(path string, options *ChannelOptions) error {
	if err := validateSeconds(path+".history_ttl", options.HistoryTTL); err != nil {
		return err
	}
	if err := validateSeconds(path+".history_meta_ttl", options.HistoryMetaTTL); err != nil {
		return err
	}
	if (options.HistorySize == 0) != (options.HistoryTTL == 0) {
		return fmt.Errorf("%s: history_size and history_ttl need each other", path)
	}
	metaTTL := options.HistoryMetaTTL
	if metaTTL == 0 {
		metaTTL = c.Channel.HistoryMetaTTL
	}
	if options.HistoryTTL > metaTTL {
		return fmt.Errorf("%s.history_ttl: %s is longer than history_meta_ttl, %s", path, options.HistoryTTL, metaTTL)
	}
	if options.ForceRecovery && options.HistorySize == 0 {
		return fmt.Errorf("%s.force_recovery: it needs history_size and history_ttl", path)
	}
	return nil
}

func validateSeconds(path string, duration Duration) error {
	if duration > 0 && time.Duration(duration)%time.Second != 0 {
		return fmt.Errorf("%s: %s is not a whole number of seconds", path, duration)
	}
	return nil
}

func validateFormat(path, format string) error {
	if !slices.Contains(dataFormats, format) {
		return fmt.Errorf("%s: %q is none of \"\", \"json\", \"json_object\" and \"binary\"", path, format)
	}
	return nil
}
