package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"
)

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("it never comes to: %s", what)
		}
		time.Sleep(glance)
	}
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// wantJSON compares a value with a JSON text, whatever the order of keys.
func wantJSON(t *testing.T, got any, want string) {
	t.Helper()
	var expected, actual any
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatalf("the test itself is wrong: %v in %s", err, want)
	}
	if err := json.Unmarshal(encode(t, got), &actual); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(actual, expected) {
		t.Fatalf("got  %s\nwant %s", encode(t, got), want)
	}
}

// wantError checks that a reply is an error with a code.
func wantError(t *testing.T, reply message, code float64) {
	t.Helper()
	failure, _ := reply["error"].(message)
	if failure["code"] != code {
		t.Fatalf("got %s, want error %v", encode(t, reply), code)
	}
}

// post calls the server API with a body as it is, and returns the status and the body of the answer.
func (n *node) post(t *testing.T, command, body string, headers map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, n.internalURL("/api/"+command), bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	return do(t, request)
}

// api calls the server API and returns the decoded answer.
func (n *node) api(t *testing.T, command, body string) message {
	t.Helper()
	status, text := n.post(t, command, body, map[string]string{"X-API-Key": apiKey})
	if status != http.StatusOK {
		t.Fatalf("%s %s: status %d %s", command, body, status, text)
	}
	var answer message
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s %s: %v in %s", command, body, err, text)
	}
	return answer
}

// result calls the server API and returns the result, which must be there.
func (n *node) result(t *testing.T, command, body string) message {
	t.Helper()
	answer := n.api(t, command, body)
	result, ok := answer["result"].(message)
	if !ok {
		t.Fatalf("%s %s: %s", command, body, encode(t, answer))
	}
	return result
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, request)
}

func do(t *testing.T, request *http.Request) (int, string) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
