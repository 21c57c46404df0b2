package wire

import (
	"net/http"
	"testing"
)

func TestHeadersOfConnect(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"CLIENT_ALLOWED_ORIGINS": "https://page.test"})
	socket := node.open(t, http.Header{
		"Cookie": {"a=1", "b=2"}, "User-Agent": {"tester"}, "Origin": {"https://page.test"}, "X-Request-Id": {"r1"},
		"X-Forwarded-For": {"10.0.0.1"}, "X-Other": {"not listed"},
		"X-Proxy-Secret": {"forged"}, "Content-Type": {"text/plain"},
	})
	socket.call(message{"connect": message{"headers": message{
		"authorization": "Bearer x", "Cookie": "forged", "X-Proxy-Secret": "forged", "X-Other": "forged",
	}}})
	headers := application.waitFor(t, "connect", 1)[0].headers
	for name, want := range map[string][]string{
		"Cookie": {"a=1", "b=2"}, "User-Agent": {"tester"}, "Origin": {"https://page.test"}, "X-Request-Id": {"r1"},
		"X-Forwarded-For": {"10.0.0.1"}, "Authorization": {"Bearer x"}, "X-Other": nil,
		"X-Proxy-Secret": {proxySecret}, "Content-Type": {"application/json"}, "Accept-Encoding": {"gzip"},
	} {
		if got := headers[name]; string(encode(t, got)) != string(encode(t, want)) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestTheRequestsOwnAuthorizationComesFirst(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket := node.open(t, http.Header{"Authorization": {"Bearer of the request"}})
	socket.call(message{"connect": message{"headers": message{"authorization": "Bearer of the client"}}})
	headers := application.waitFor(t, "connect", 1)[0].headers
	if got := headers["Authorization"]; string(encode(t, got)) != `["Bearer of the request"]` {
		t.Fatalf("got %q", got)
	}
}

func TestHeadersOfRPCAreNobodysByDefault(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket := node.open(t, http.Header{"Cookie": {"a=1"}, "User-Agent": {"tester"}})
	socket.call(message{"connect": message{"headers": message{"authorization": "x"}}})
	socket.rpc("chat:x", 1)
	headers := application.waitFor(t, "rpc", 1)[0].headers
	if headers.Get("Cookie") != "" || headers.Get("Authorization") != "" || headers.Get("User-Agent") == "tester" {
		t.Fatalf("something was forwarded: %v", headers)
	}
	if headers.Get("X-Proxy-Secret") != proxySecret {
		t.Fatalf("no secret: %v", headers)
	}
}

func TestHeadersListedByRPCStayWithTheConnection(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{
		"RPC_PROXY_HTTP_HEADERS": "cookie x-both", "RPC_PROXY_EMULATED_HEADERS": "AUTHORIZATION X-Both X-Static X-Alone",
		"RPC_PROXY_HTTP_STATIC_HEADERS": `{"X-Static":"static","X-Alone":"static","X-Named":"${CENTRIFUGO_VAR_PROXY_SECRET}!"}`,
	})
	socket := node.open(t, http.Header{"Cookie": {"a=1"}, "X-Both": {"sent"}})
	socket.call(message{"connect": message{"headers": message{
		"authorization": "emulated", "x-both": "emulated", "X-Static": "emulated",
	}}})
	socket.rpc("chat:x", 1)
	headers := application.waitFor(t, "rpc", 1)[0].headers
	for name, want := range map[string]string{
		"Cookie": "a=1", "Authorization": "emulated", "X-Both": "sent", "X-Static": "emulated", "X-Alone": "static",
		"X-Named": proxySecret + "!",
	} {
		if got := headers.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestEmptySecretIsSentEmpty(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"VAR_PROXY_SECRET": ""})
	node.connect(t, script{})
	if secret, sent := application.waitFor(t, "connect", 1)[0].headers["X-Proxy-Secret"]; !sent || secret[0] != "" {
		t.Fatalf("got %q", secret)
	}
}
