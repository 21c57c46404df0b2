package wire

import (
	"net/http"
	"strings"
	"testing"
)

func TestAPIAccess(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	withKey := map[string]string{"X-API-Key": apiKey}
	tests := []struct {
		name, method, path, body string
		headers                  map[string]string
		status                   int
		text                     string
	}{
		{"another method", "GET", "info", "", withKey, 405, ""},
		{"another method, without a key", "PUT", "info", "{}", nil, 405, ""},
		{"no key", "POST", "info", "{}", nil, 401, ""},
		{"no key, no JSON", "POST", "info", "x", nil, 401, ""},
		{"a wrong key", "POST", "info", "{}", map[string]string{"X-API-Key": "x"}, 401, ""},
		{"a key that begins well", "POST", "info", "{}", map[string]string{"X-API-Key": apiKey + "x"}, 401, ""},
		{"another scheme", "POST", "info", "{}", map[string]string{"Authorization": "Bearer " + apiKey}, 401, ""},
		{"a key without its scheme", "POST", "info", "{}", map[string]string{"Authorization": apiKey}, 401, ""},
		{"a wrong key beside a good one", "POST", "info", "{}",
			map[string]string{"X-API-Key": "x", "Authorization": "apikey " + apiKey}, 401, ""},
		{"a wrong key saved by the address", "POST", "history?api_key=" + apiKey, "{}",
			map[string]string{"X-API-Key": "x"}, 200, `{"error":{"code":107,"message":"bad request"}}`},
		{"by Authorization", "POST", "history", "{}", map[string]string{"Authorization": "ApiKey " + apiKey}, 200,
			`{"error":{"code":107,"message":"bad request"}}`},
		{"no JSON", "POST", "publish", "x", withKey, 400, "Bad Request\n"},
		{"nothing", "POST", "publish", "", withKey, 400, "Bad Request\n"},
		{"text after JSON", "POST", "publish", "{} x", withKey, 400, "Bad Request\n"},
		{"a wrong type", "POST", "publish", `{"channel":5}`, withKey, 400, "Bad Request\n"},
		{"a list", "POST", "publish", `[]`, withKey, 400, "Bad Request\n"},
		{"null is nothing", "POST", "publish", "null", withKey, 200, `{"error":{"code":107,"message":"bad request"}}`},
		{"an unknown field", "POST", "history_remove", `{"channel":"chat:x","y":1}`, withKey, 200, `{"result":{}}`},
		{"keys in capitals", "POST", "history_remove", `{"CHANNEL":"chat:x"}`, withKey, 200, `{"result":{}}`},
		{"another body type", "POST", "history_remove", `{"channel":"chat:x"}`,
			map[string]string{"X-API-Key": apiKey, "Content-Type": "text/plain"}, 200, `{"result":{}}`},
		{"an unknown command", "POST", "destroy", "{}", withKey, 404, "404 page not found\n"},
		{"a command deeper down", "POST", "publish/x", "{}", withKey, 404, "404 page not found\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequest(test.method, node.internalURL("/api/"+test.path), strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range test.headers {
				request.Header.Set(name, value)
			}
			status, text := do(t, request)
			if status != test.status || text != test.text {
				t.Fatalf("got %d %q, want %d %q", status, text, test.status, test.text)
			}
		})
	}
}

func TestAPIWithoutKeyIsClosed(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"HTTP_API_KEY": ""})
	for _, headers := range []map[string]string{nil, {"X-API-Key": ""}, {"X-API-Key": "x"}, {"Authorization": "apikey "}} {
		if status, _ := node.post(t, "info", "{}", headers); status != http.StatusUnauthorized {
			t.Errorf("%v: status %d", headers, status)
		}
	}
	if status, _ := node.post(t, "info?api_key=", "{}", nil); status != http.StatusUnauthorized {
		t.Errorf("an empty key in the address: status %d", status)
	}
}

func TestAPIErrors(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	const (
		unknownChannel = `{"error":{"code":102,"message":"unknown channel"}}`
		notFound       = `{"error":{"code":104,"message":"not found"}}`
		badRequest     = `{"error":{"code":107,"message":"bad request"}}`
		notAvailable   = `{"error":{"code":108,"message":"not available"}}`
	)
	tests := []struct {
		command, body, text string
		status              int
	}{
		{"publish", `{"data":{}}`, badRequest, 400},
		{"publish", `{"channel":"chat:x"}`, badRequest, 400},
		{"publish", `{"channel":"chat:x","data":1}`, badRequest, 400},
		{"publish", `{"channel":"chat:x","data":null}`, badRequest, 400},
		{"publish", `{"channel":"chat:x","data":[{}]}`, badRequest, 400},
		{"publish", `{"channel":"chat:x","b64data":"%"}`, badRequest, 400},
		{"publish", `{"channel":"plain"}`, badRequest, 400},
		{"publish", `{"channel":"nowhere:x","data":{}}`, unknownChannel, 404},
		{"broadcast", `{"channels":[],"data":{}}`, badRequest, 400},
		{"broadcast", `{"data":{}}`, badRequest, 400},
		{"history", `{}`, badRequest, 400},
		{"history", `{"channel":"nowhere:x"}`, unknownChannel, 404},
		{"history", `{"channel":"plain"}`, notAvailable, 400},
		{"history", `{"channel":"chat:x","limit":1,"since":{"offset":1,"epoch":"other"}}`,
			`{"error":{"code":112,"message":"unrecoverable position"}}`, 416},
		{"history_remove", `{"channel":"plain"}`, notAvailable, 400},
		{"history_remove", `{}`, badRequest, 400},
		{"presence", `{"channel":"chat:x"}`, notAvailable, 400},
		{"presence", `{}`, badRequest, 400},
		{"presence_stats", `{"channel":"nowhere:x"}`, unknownChannel, 404},
		{"presence_stats", `{"channel":"chat:x"}`, notAvailable, 400},
		{"subscribe", `{"user":"u1"}`, badRequest, 400},
		{"subscribe", `{"user":"u1","channel":"nowhere:x"}`, unknownChannel, 404},
		{"subscribe", `{"user":"u1","channel":"chat:x","b64data":"%"}`, badRequest, 400},
		{"unsubscribe", `{"user":"u1","channel":"nowhere:x"}`, unknownChannel, 404},
		{"rpc", `{"method":"x"}`, notFound, 404},
		{"rpc", `{}`, badRequest, 400},
	}
	for _, test := range tests {
		wantJSON(t, node.api(t, test.command, test.body), test.text)
		headers := map[string]string{"X-API-Key": apiKey, "X-Centrifugo-Error-Mode": "transport"}
		status, text := node.post(t, test.command, test.body, headers)
		if bare := strings.TrimSuffix(strings.TrimPrefix(test.text, `{"error":`), "}"); status != test.status || text != bare {
			t.Errorf("%s %s in transport mode: %d %s", test.command, test.body, status, text)
		}
	}
}

func TestAPITransportErrorModeBySetting(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"HTTP_API_ERROR_MODE": "transport"})
	headers := map[string]string{"X-API-Key": apiKey}
	if status, text := node.post(t, "publish", `{"channel":"nowhere:x","data":1}`, headers); status != 404 {
		t.Errorf("publish: %d %s", status, text)
	}
	status, text := node.post(t, "batch", `{"commands":[{"publish":{"channel":"nowhere:x","data":1}}]}`, headers)
	if status != 200 || text != `{"replies":[{"error":{"code":102,"message":"unknown channel"}}]}` {
		t.Errorf("batch: %d %s", status, text)
	}
}
