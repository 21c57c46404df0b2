package wire

import (
	"net/http"
	"testing"
)

func TestOrigins(t *testing.T) {
	t.Parallel()
	tests := []struct {
		allowed string
		refused []string
		passing []string
	}{
		{"", []string{"http://evil.test", "null"}, []string{"http://localhost:9000", "http://127.0.0.1:9000", "HTTP://LocalHost:9000"}},
		{"https://*.page.test https://two.test", []string{"https://page.test", "http://a.page.test", "https://two.test:444", "null"},
			[]string{"https://a.page.test", "https://a.b.page.test", "https://evil.test/.page.test", "https://TWO.test"}},
		{"https://a?.test https://[xy].test https://{one,two}.test",
			[]string{"https://a.test", "https://abc.test", "https://z.test", "https://three.test"},
			[]string{"https://ab.test", "https://x.test", "https://two.test"}},
		{"*", nil, []string{"https://anything.test", "null"}},
	}
	for _, test := range tests {
		t.Run(test.allowed, func(t *testing.T) {
			t.Parallel()
			node := startNode(t, startApplication(t), variables{"CLIENT_ALLOWED_ORIGINS": test.allowed})
			for _, origin := range test.refused {
				if status := handshake(t, node, origin); status != http.StatusForbidden {
					t.Errorf("%s: status %d, want 403", origin, status)
				}
			}
			for _, origin := range append(test.passing, "") {
				if status := handshake(t, node, origin); status != http.StatusSwitchingProtocols {
					t.Errorf("%s: status %d, want 101", origin, status)
				}
			}
		})
	}
}

func TestWithoutAllowedOriginsNoPageMayConnect(t *testing.T) {
	t.Parallel()
	// An empty variable counts as none, so the list has to be missing in the file.
	node := startNodeWith(t, `{"health":{"enabled":true},"http_server":{"internal_port":"1"}}`, nil)
	for origin, want := range map[string]int{
		"": http.StatusSwitchingProtocols, "http://127.0.0.1:" + node.port: http.StatusForbidden, "null": http.StatusForbidden,
	} {
		if status := handshake(t, node, origin); status != want {
			t.Errorf("%q: status %d, want %d", origin, status, want)
		}
	}
}

// handshake tries to open a WebSocket from a page of that origin and returns the status.
func handshake(t *testing.T, node *node, origin string) int {
	t.Helper()
	headers := http.Header{}
	if origin != "" {
		headers.Set("Origin", origin)
	}
	connection, response, err := node.dial(headers)
	if response == nil {
		t.Fatal(err)
	}
	if err == nil {
		_ = connection.Close()
	}
	return response.StatusCode
}
