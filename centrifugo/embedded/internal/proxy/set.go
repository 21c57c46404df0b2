package proxy

import "onesocket/embedded/internal/config"

// Set holds every proxy of a configuration; nil or absent where none is configured.
type Set struct {
	Connect    *Proxy
	Refresh    *Proxy
	RPC        map[string]*Proxy
	Subscribe  map[string]*Proxy
	SubRefresh map[string]*Proxy
}

// NewSet builds the proxies of a configuration.
func NewSet(configuration *config.Config, metrics *Metrics) *Set {
	set := &Set{
		RPC:        named(configuration, "rpc", configuration.RPC.Proxy, metrics),
		Subscribe:  named(configuration, "subscribe", configuration.Channel.Proxy.Subscribe, metrics),
		SubRefresh: named(configuration, "sub_refresh", configuration.Channel.Proxy.SubRefresh, metrics),
	}
	if connect := configuration.Client.Proxy.Connect; connect.Enabled {
		set.Connect = New(connect.Proxy, "connect", config.DefaultProxyName, metrics)
	}
	if refresh := configuration.Client.Proxy.Refresh; refresh.Enabled {
		set.Refresh = New(refresh.Proxy, "refresh", config.DefaultProxyName, metrics)
	}
	return set
}

// named returns the proxies that a namespace can choose from for one kind of question.
func named(configuration *config.Config, kind string, fallback config.Proxy, metrics *Metrics) map[string]*Proxy {
	proxies := map[string]*Proxy{config.DefaultProxyName: New(fallback, kind, config.DefaultProxyName, metrics)}
	for _, proxy := range configuration.Proxies {
		proxies[proxy.Name] = New(proxy.Proxy, kind, proxy.Name, metrics)
	}
	return proxies
}
