package wire

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// refusals are configurations that no server starts with. Text is what the embedded node says; it names the key.
var refusals = []struct {
	file        string
	environment variables
	text        string
}{
	{`{`, nil, "not JSON"},
	{`{} x`, nil, "not JSON"},
	{`{"client":{"ping_interval":"5s","pong_timeout":"5s"}}`, nil, "client.ping_interval"},
	{`{"client":{"ping_interval":"soon"}}`, nil, "client.ping_interval"},
	{`{"client":{"concurrency":"x"}}`, nil, "client.concurrency"},
	{`{"client":[1]}`, nil, "client"},
	{`{"client":{"allowed_origins":["https://[.test"]}}`, nil, "client.allowed_origins"},
	{`{"client":{"proxy":{"connect":{"enabled":true}}}}`, nil, "client.proxy.connect.endpoint"},
	{`{"client":{"proxy":{"refresh":{"enabled":true}}}}`, nil, "client.proxy.refresh.endpoint"},
	{`{"rpc":{"proxy":{"http":{"static_headers":{"X":"${CENTRIFUGO_VAR_MISSING}"}}}}}`, nil, "CENTRIFUGO_VAR_MISSING"},
	{`{"rpc":{"proxy":{"http":{"static_headers":{"X":5}}}}}`, nil, "rpc.proxy.http.static_headers"},
	{`{"rpc":{"namespaces":[{"name":"a"}]}}`, nil, "rpc.namespaces"},
	{`{"rpc":{"namespaces":[{"name":"ab"},{"name":"ab"}]}}`, nil, "rpc.namespaces"},
	{`{"rpc":{"namespaces":[{"name":"ab","proxy_name":"x"}]}}`, nil, "rpc.namespaces.ab.proxy_name"},
	{`{"proxies":[{"name":"a","endpoint":"http://x"}]}`, nil, "proxies"},
	{`{"proxies":[{"name":"ab"}]}`, nil, "proxies.ab.endpoint"},
	{`{"proxies":[{"name":"default","endpoint":"http://x"}]}`, nil, "proxies"},
	{`{"proxies":[{"name":"ab","endpoint":"http://x"},{"name":"ab","endpoint":"http://x"}]}`, nil, "proxies"},
	{`{"channel":{"namespaces":[{"name":"a"}]}}`, nil, "channel.namespaces"},
	{`{"channel":{"namespaces":[{"name":"a:b"}]}}`, nil, "channel.namespaces"},
	{`{"channel":{"namespaces":[{}]}}`, nil, "channel.namespaces"},
	{`{"channel":{"namespaces":[{"name":"ab"},{"name":"ab"}]}}`, nil, "channel.namespaces"},
	{`{"channel":{"namespaces":[{"name":"ab","history_size":1}]}}`, nil, "channel.namespaces.ab"},
	{`{"channel":{"namespaces":[{"name":"ab","history_ttl":"1s"}]}}`, nil, "channel.namespaces.ab"},
	{`{"channel":{"namespaces":[{"name":"ab","history_size":1,"history_ttl":"1.5s"}]}}`, nil, "ab.history_ttl"},
	{`{"channel":{"namespaces":[{"name":"ab","history_size":1,"history_ttl":"721h"}]}}`, nil, "ab.history_ttl"},
	{`{"channel":{"namespaces":[{"name":"ab","history_meta_ttl":"1.5s"}]}}`, nil, "ab.history_meta_ttl"},
	{`{"channel":{"namespaces":[{"name":"ab","force_recovery":true}]}}`, nil, "ab.force_recovery"},
	{`{"channel":{"namespaces":[{"name":"ab","channel_regex":"("}]}}`, nil, "ab.channel_regex"},
	{`{"channel":{"namespaces":[{"name":"ab","publication_data_format":"xml"}]}}`, nil, "ab.publication_data_format"},
	{`{"channel":{"namespaces":[{"name":"ab","subscribe_proxy_name":"x"}]}}`, nil, "ab.subscribe_proxy_name"},
	{`{"channel":{"namespaces":[{"name":"ab","sub_refresh_proxy_name":"x"}]}}`, nil, "ab.sub_refresh_proxy_name"},
	{`{"channel":{"namespaces":[{"name":"ab","subscribe_proxy_enabled":true}]}}`, nil, "channel.proxy.subscribe.endpoint"},
	{`{"channel":{"without_namespace":{"history_size":1}}}`, nil, "channel.without_namespace"},
	{`{"channel":{"publication_data_format":"xml"}}`, nil, "channel.publication_data_format"},
	{`{"channel":{"history_meta_ttl":"1.5s"}}`, nil, "channel.history_meta_ttl"},
	{`{"http_api":{"error_mode":"custom"}}`, nil, "http_api.error_mode"},
	{`{"engine":{"type":"paper"}}`, nil, "engine.type"},
	{`{}`, variables{"CLIENT_CONCURRENCY": "x"}, "CENTRIFUGO_CLIENT_CONCURRENCY"},
	{`{}`, variables{"CLIENT_PING_INTERVAL": "soon"}, "CENTRIFUGO_CLIENT_PING_INTERVAL"},
	{`{}`, variables{"PROMETHEUS_ENABLED": "perhaps"}, "CENTRIFUGO_PROMETHEUS_ENABLED"},
	{`{}`, variables{"CHANNEL_NAMESPACES": "[]]"}, "CENTRIFUGO_CHANNEL_NAMESPACES"},
	{`{}`, variables{"RPC_PROXY_HTTP_STATIC_HEADERS": "x"}, "CENTRIFUGO_RPC_PROXY_HTTP_STATIC_HEADERS"},
	{`{"channel":{"namespaces":[{"name":"ab"}]}}`, variables{"CHANNEL_NAMESPACES_AB_HISTORY_TTL": "soon"},
		"CENTRIFUGO_CHANNEL_NAMESPACES_AB_HISTORY_TTL"},
}

// strictRefusals are configurations that Centrifugo starts with and the embedded node does not: what it would ignore,
// guess or fail at later is an error here.
var strictRefusals = []struct {
	file        string
	environment variables
	text        string
}{
	{`{"clientt":{}}`, nil, "clientt"},
	{`{"client":{"concurency":4}}`, nil, "client.concurency"},
	{`{"channel":{"namespaces":[{"name":"ab"},{"name":"cd","histroy_size":4}]}}`, nil, "channel.namespaces[1].histroy_size"},
	{`{"client":{"token":{"hmac_secret_key":"x"}}}`, nil, "client.token"},
	{`{"client":{"insecure":true}}`, nil, "client.insecure"},
	{`{"http_api":{"insecure":true}}`, nil, "http_api.insecure"},
	{`{"sse":{"enabled":true}}`, nil, "sse"},
	{`{"admin":{"enabled":true}}`, nil, "admin.enabled"},
	{`{"client":{"concurrency":{}}}`, nil, "client.concurrency"},
	{`{"client":{"concurrency":"4"}}`, nil, "client.concurrency"},
	{`{"health":{"enabled":"true"}}`, nil, "health.enabled"},
	{`{"shutdown":{"timeout":5}}`, nil, "shutdown.timeout"},
	{`{"http_server":{"internal_port":8001}}`, nil, "http_server.internal_port"},
	{`{"rpc":{"namespaces":[{"name":"ab","proxy_enabled":true}]}}`, nil, "rpc.proxy.endpoint"},
	{`{"rpc":{"without_namespace":{"proxy_enabled":true},"proxy":{"endpoint":"grpc://127.0.0.1:1"}}}`, nil, "rpc.proxy.endpoint"},
	{`{}`, variables{"CLIENT_CONCURENCY": "4"}, "CENTRIFUGO_CLIENT_CONCURENCY"},
	{`{}`, variables{"CLIENT_INSECURE": "true"}, "CENTRIFUGO_CLIENT_INSECURE"},
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range refusals {
		t.Run(test.file+" "+string(encode(t, test.environment)), func(t *testing.T) {
			t.Parallel()
			wantRefusal(t, writeFile(t, test.file), test.environment, test.text)
		})
	}
}

func TestConfigurationsThatOnlyTheEmbeddedNodeRefuses(t *testing.T) {
	t.Parallel()
	if !isEmbedded {
		t.Skip("Centrifugo starts with these")
	}
	for _, test := range strictRefusals {
		t.Run(test.file+" "+string(encode(t, test.environment)), func(t *testing.T) {
			t.Parallel()
			wantRefusal(t, writeFile(t, test.file), test.environment, test.text)
		})
	}
	wantRefusal(t, filepath.Join(t.TempDir(), "none.json"), nil, "there is no configuration file")
}

// wantRefusal starts a server that must end at once with exit code 1, the embedded node with one sentence.
func wantRefusal(t *testing.T, path string, environment variables, text string) {
	t.Helper()
	node := launch(t, path, withDefaults(t, nil, environment))
	node.wantExit(t, 1)
	output := node.output.String()
	if isEmbedded && (strings.Count(output, "\n") != 1 || !strings.Contains(output, text)) {
		t.Fatalf("%q does not name %s in one line", output, text)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	node := launch(t, shippedConfig, withDefaults(t, nil, variables{"HTTP_SERVER_PORT": port}))
	if code := node.waitForExit(t); code != 1 || !strings.Contains(node.output.String(), "address already in use") {
		t.Fatalf("exit code %d\n%s", code, node.output)
	}
}

func TestConfigurationsThatAreAccepted(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		`{}`, `{"log":{"level":"loud"}}`, `{"admin":{"enabled":false}}`, `{"usage_stats":{"disabled":true}}`,
		`{"CLIENT":{"Concurrency":4}}`, `{"client":null,"channel":{"namespaces":null}}`,
		`{"client":{"channel_limit":0},"engine":{"type":""},"http_api":{"key":""}}`,
		`{"channel":{"namespaces":[{"name":"a-b.c_D9","history_size":1,"history_ttl":"720h"}]}}`,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			startNodeWith(t, file, nil)
		})
	}
}

func TestShippedConfigurationNeedsItsSecret(t *testing.T) {
	t.Parallel()
	environment := withDefaults(t, nil, nil)
	delete(environment, "VAR_PROXY_SECRET")
	node := launch(t, shippedConfig, environment)
	if code := node.waitForExit(t); code != 1 || !strings.Contains(node.output.String(), "CENTRIFUGO_VAR_PROXY_SECRET") {
		t.Fatalf("exit code %d\n%s", code, node.output)
	}
}

func TestLongNameOfTheConfigurationFlag(t *testing.T) {
	t.Parallel()
	start(t, []string{"--config", shippedConfig}, nil, nil)
}
