package wire

import (
	"net/http"
	"strings"
	"testing"
)

func TestTwoPorts(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	for url, status := range map[string]int{
		node.externalURL("/connection/websocket"): 400,
		node.externalURL("/api/info"):             404,
		node.externalURL("/health"):               404,
		node.externalURL("/metrics"):              404,
		node.externalURL("/"):                     404,
		node.internalURL("/connection/websocket"): 404,
		node.internalURL("/api/info"):             405,
		node.internalURL("/health"):               200,
		node.internalURL("/metrics"):              200,
		node.internalURL("/"):                     404,
	} {
		if got, text := get(t, url); got != status {
			t.Errorf("%s: %d %.50s, want %d", url, got, text, status)
		}
	}
	response, err := http.Get(node.internalURL("/health"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("health has type %s", kind)
	}
}

func TestOnePort(t *testing.T) {
	t.Parallel()
	node := start(t, []string{"-c", writeFile(t, `{"prometheus":{"enabled":true}}`)}, nil, variables{
		"HTTP_SERVER_INTERNAL_PORT": "",
	})
	for path, status := range map[string]int{"/connection/websocket": 400, "/api/info": 405, "/health": 200, "/metrics": 200} {
		if got, text := get(t, node.externalURL(path)); got != status {
			t.Errorf("%s: %d %.50s, want %d", path, got, text, status)
		}
	}
}

func TestHealthAndMetricsAreOffByDefault(t *testing.T) {
	t.Parallel()
	node := startNodeWith(t, `{}`, nil)
	if status, _ := get(t, node.internalURL("/metrics")); status != 404 {
		t.Errorf("metrics: %d", status)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	socket.rpc("chat:x", 1)
	socket.rpc("chat:x", script{Status: 500})
	node.api(t, "publish", `{"channel":"chat:x","data":{}}`)
	node.api(t, "publish", `{"channel":"nowhere:x","data":{}}`)
	_, text := get(t, node.internalURL("/metrics"))
	for _, want := range []string{
		`centrifugo_proxy_duration_seconds_histogram_count{name="default",protocol="http",type="connect"} 1`,
		`centrifugo_proxy_duration_seconds_histogram_count{name="default",protocol="http",type="rpc"} 2`,
		`centrifugo_proxy_errors{name="default",protocol="http",type="rpc"} 1`,
		`centrifugo_proxy_inflight_requests{name="default",protocol="http",type="rpc"} 0`,
		`centrifugo_api_command_duration_seconds_histogram_count{method="publish",protocol="http"} 2`,
		`centrifugo_api_command_errors_total{error="102",method="publish",protocol="http"} 1`,
		`centrifugo_node_`, `go_goroutines`, `process_resident_memory_bytes`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "\ncentrifuge_") {
		t.Error("metrics of the library have another prefix")
	}
}
