package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gobwas/glob"
)

// DefaultProxyName is how namespaces call the proxy that stands beside them in the file.
const DefaultProxyName = "default"

var namePattern = regexp.MustCompile(`^[-a-zA-Z0-9_.]{2,}$`)

// validate checks all that Centrifugo checks, and what only this node cannot do.
func (c *Config) validate() error {
	checks := []func() error{
		c.validateServer, c.validateClient, c.validateProxies, c.validateRPC, c.validateChannels,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) validateServer() error {
	if c.Admin.Enabled {
		return errors.New("admin.enabled: the embedded node has no admin interface")
	}
	if c.HTTPAPI.ErrorMode != "" && c.HTTPAPI.ErrorMode != "transport" {
		return fmt.Errorf("http_api.error_mode: %q is neither empty nor \"transport\"", c.HTTPAPI.ErrorMode)
	}
	if c.Engine.Type != "memory" && c.Engine.Type != "redis" {
		return fmt.Errorf("engine.type: %q is neither \"memory\" nor \"redis\"", c.Engine.Type)
	}
	for _, address := range c.Engine.Redis.Address {
		// The library's own complaint would show the password.
		if _, err := url.Parse(address); err != nil && strings.Contains(address, "://") {
			return errors.New("engine.redis.address: it is not a URL")
		}
	}
	return nil
}

func (c *Config) validateClient() error {
	if c.Client.PingInterval <= c.Client.PongTimeout {
		return fmt.Errorf("client.ping_interval: %s is not longer than client.pong_timeout, %s",
			c.Client.PingInterval, c.Client.PongTimeout)
	}
	for _, pattern := range c.Client.AllowedOrigins {
		if _, err := glob.Compile(strings.ToLower(pattern)); err != nil {
			return fmt.Errorf("client.allowed_origins: %q is not a pattern: %w", pattern, err)
		}
	}
	if proxy := &c.Client.Proxy.Connect; proxy.Enabled {
		if err := proxy.validate("client.proxy.connect"); err != nil {
			return err
		}
	}
	if proxy := &c.Client.Proxy.Refresh; proxy.Enabled {
		return proxy.validate("client.proxy.refresh")
	}
	return nil
}

func (c *Config) validateProxies() error {
	var names []string
	for _, proxy := range c.Proxies {
		if err := validateName("proxies", proxy.Name, names); err != nil {
			return err
		}
		if proxy.Name == DefaultProxyName {
			return fmt.Errorf("proxies: the name %q is taken", DefaultProxyName)
		}
		if err := proxy.validate("proxies." + proxy.Name); err != nil {
			return err
		}
		names = append(names, proxy.Name)
	}
	return nil
}

func (c *Config) validateRPC() error {
	if err := c.validateRPCOptions("rpc.without_namespace", &c.RPC.WithoutNamespace); err != nil {
		return err
	}
	var names []string
	for index := range c.RPC.Namespaces {
		namespace := &c.RPC.Namespaces[index]
		if err := validateName("rpc.namespaces", namespace.Name, names); err != nil {
			return err
		}
		if err := c.validateRPCOptions("rpc.namespaces."+namespace.Name, &namespace.RPCOptions); err != nil {
			return err
		}
		names = append(names, namespace.Name)
	}
	return nil
}

func (c *Config) validateRPCOptions(path string, options *RPCOptions) error {
	return c.validateReference(path+".proxy_name", options.ProxyName, options.ProxyEnabled, "rpc.proxy", &c.RPC.Proxy)
}

// validateReference checks that a proxy of that name exists and, when it is in use, that it can be called.
func (c *Config) validateReference(path, name string, used bool, fallbackPath string, fallback *Proxy) error {
	if name == DefaultProxyName {
		if used {
			return fallback.validate(fallbackPath)
		}
		return nil
	}
	if !slices.ContainsFunc(c.Proxies, func(proxy NamedProxy) bool { return proxy.Name == name }) {
		return fmt.Errorf("%s: there is no proxy %q in proxies", path, name)
	}
	return nil
}

func validateName(path, name string, before []string) error {
	if !namePattern.MatchString(name) {
		return fmt.Errorf("%s: the name %q does not match %s", path, name, namePattern)
	}
	if slices.Contains(before, name) {
		return fmt.Errorf("%s: the name %q stands there twice", path, name)
	}
	return nil
}

func (p *Proxy) validate(path string) error {
	switch {
	case p.Endpoint == "":
		return fmt.Errorf("%s.endpoint: it is not set", path)
	case !strings.HasPrefix(p.Endpoint, "http://") && !strings.HasPrefix(p.Endpoint, "https://"):
		return fmt.Errorf("%s.endpoint: the embedded node calls http:// and https:// only", path)
	case p.Timeout < 0:
		return fmt.Errorf("%s.timeout: it is negative", path)
	}
	return nil
}
