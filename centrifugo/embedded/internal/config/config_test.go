package config

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// defaults are Centrifugo's, for every key that is not empty, false or zero there.
const defaults = `{
	"log.level": "info", "http_server.port": 8000, "shutdown.timeout": "30s", "engine.type": "memory",
	"engine.redis.address": ["redis://127.0.0.1:6379"], "engine.redis.prefix": "centrifugo",
	"engine.redis.connect_timeout": "1s", "engine.redis.io_timeout": "4s", "engine.redis.presence_ttl": "1m0s",
	"websocket.message_size_limit": 65536, "websocket.write_timeout": "1s", "websocket.compression_level": 1,
	"client.channel_limit": 128, "client.queue_max_size": 1048576,
	"client.history_max_publication_limit": 300, "client.recovery_max_publication_limit": 300,
	"client.ping_interval": "25s", "client.pong_timeout": "8s", "client.stale_close_delay": "10s",
	"client.expired_close_delay": "25s", "client.expired_sub_close_delay": "25s",
	"client.presence_update_interval": "27s", "client.channel_position_check_delay": "40s",
	"client.proxy.connect.timeout": "1s", "client.proxy.refresh.timeout": "1s", "rpc.proxy.timeout": "1s",
	"rpc.without_namespace.proxy_name": "default", "channel.history_meta_ttl": "720h0m0s", "channel.max_length": 255,
	"channel.proxy.subscribe.timeout": "1s", "channel.proxy.sub_refresh.timeout": "1s",
	"channel.without_namespace.subscribe_proxy_name": "default",
	"channel.without_namespace.sub_refresh_proxy_name": "default"}`

func TestDefaults(t *testing.T) {
	configuration, err := Parse([]byte(`{}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	collect(reflect.ValueOf(configuration).Elem(), "", got)
	var want map[string]any
	if err := json.Unmarshal([]byte(defaults), &want); err != nil {
		t.Fatal(err)
	}
	for key, value := range got {
		if !reflect.DeepEqual(value, want[key]) {
			t.Errorf("%s is %v, want %v", key, value, want[key])
		}
		delete(want, key)
	}
	for key, value := range want {
		t.Errorf("%s is nothing, want %v", key, value)
	}
}

// collect flattens a section to its values that are not zero, in the form in which JSON gives them back.
func collect(section reflect.Value, path string, into map[string]any) {
	for _, field := range fieldsOf(section) {
		key := join(path, field.key)
		if isSection(field.value) {
			collect(field.value, key, into)
			continue
		}
		if isZero(field.value) {
			continue
		}
		value := field.value.Interface()
		if duration, ok := value.(Duration); ok {
			value = duration.String()
		}
		text, _ := json.Marshal(value)
		var plain any
		_ = json.Unmarshal(text, &plain)
		into[key] = plain
	}
}

func TestShippedConfiguration(t *testing.T) {
	configuration, err := Load("../../../config.json", []string{"CENTRIFUGO_VAR_PROXY_SECRET=s"})
	if err != nil {
		t.Fatal(err)
	}
	for name, proxy := range map[string]Proxy{
		"connect": configuration.Client.Proxy.Connect.Proxy, "refresh": configuration.Client.Proxy.Refresh.Proxy,
		"rpc": configuration.RPC.Proxy,
	} {
		if proxy.HTTP.StaticHeaders["X-Proxy-Secret"] != "s" || proxy.HTTP.StaticHeaders["Idempotency-Key"] == "" {
			t.Errorf("%s: %v", name, proxy.HTTP.StaticHeaders)
		}
		// Whoever may set the secret's header is the server.
		for _, forwarded := range slices.Concat(proxy.HTTPHeaders, proxy.EmulatedHeaders) {
			if strings.EqualFold(forwarded, "X-Proxy-Secret") {
				t.Errorf("%s forwards the header of the secret", name)
			}
		}
	}
}

func TestEveryKeyHasItsVariable(t *testing.T) {
	loader := &loader{known: map[string]bool{}}
	if err := loader.override(reflect.ValueOf(&Config{}).Elem(), variablePrefix); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"CENTRIFUGO_HTTP_SERVER_ADDRESS", "CENTRIFUGO_HTTP_SERVER_INTERNAL_ADDRESS", "CENTRIFUGO_HTTP_SERVER_PORT",
		"CENTRIFUGO_HTTP_SERVER_INTERNAL_PORT", "CENTRIFUGO_HTTP_API_KEY", "CENTRIFUGO_CLIENT_ALLOWED_ORIGINS",
		"CENTRIFUGO_CLIENT_PROXY_CONNECT_ENDPOINT", "CENTRIFUGO_CLIENT_PROXY_REFRESH_ENDPOINT",
		"CENTRIFUGO_RPC_PROXY_ENDPOINT", "CENTRIFUGO_RPC_PROXY_HTTP_STATIC_HEADERS", "CENTRIFUGO_ENGINE_TYPE",
		"CENTRIFUGO_ENGINE_REDIS_ADDRESS", "CENTRIFUGO_CHANNEL_NAMESPACES", "CENTRIFUGO_PROXIES",
	} {
		if !loader.known[name] {
			t.Errorf("%s is unknown", name)
		}
	}
}

func TestErrorsDoNotShowSecrets(t *testing.T) {
	_, err := Parse([]byte(`{"http_api":{"key":["topsecret"]}}`), nil)
	if err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("got %v", err)
	}
	_, err = Parse([]byte(`{}`), []string{`CENTRIFUGO_RPC_PROXY_HTTP_STATIC_HEADERS={"X":"topsecret"`})
	if err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("got %v", err)
	}
}

func TestRedisAddressIsNotShown(t *testing.T) {
	_, err := Parse([]byte(`{"engine":{"type":"redis","redis":{"address":["redis://u:top%secret@x"]}}}`), nil)
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "engine.redis.address") {
		t.Errorf("got %v", err)
	}
}

func TestUnreadableFile(t *testing.T) {
	if _, err := Load(t.TempDir(), os.Environ()); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
}
