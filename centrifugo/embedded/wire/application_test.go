package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// script tells the application how to answer one request. Clients send it as their data, and the application gives it
// back as the connection's meta, so that a test decides every answer without shared state.
type script struct {
	// Status of the answer; zero means 200.
	Status int `json:"status,omitempty"`
	// Body of the answer; empty means the usual one.
	Body string `json:"body,omitempty"`
	// Hold keeps the request open until the caller gives up.
	Hold bool `json:"hold,omitempty"`
	// User is whom the usual answer to connect names; empty means "u1".
	User string `json:"user,omitempty"`
	// Refresh and SubRefresh answer later questions about this connection.
	Refresh    *script `json:"refresh,omitempty"`
	SubRefresh *script `json:"sub_refresh,omitempty"`
	// ExpireIn is after how many seconds the connection or subscription of the usual answer expires.
	ExpireIn int `json:"expire_in,omitempty"`
}

// asked is a request that reached the application.
type asked struct {
	kind    string
	body    map[string]any
	text    string
	headers http.Header
	gaveUp  <-chan struct{}
}

// wantGivenUp waits until the caller does not want the answer any more.
func (a *asked) wantGivenUp(t *testing.T) {
	t.Helper()
	select {
	case <-a.gaveUp:
	case <-time.After(patience):
		t.Fatalf("the server still waits for an answer to %s", a.text)
	}
}

// application stands behind the server's proxies.
type application struct {
	server *httptest.Server
	mutex  sync.Mutex
	asked  []*asked
	closed chan struct{}
}

func startApplication(t *testing.T) *application {
	t.Helper()
	application := &application{closed: make(chan struct{})}
	application.server = httptest.NewServer(application)
	t.Cleanup(func() {
		close(application.closed)
		application.server.Close()
	})
	return application
}

// ServeHTTP remembers the request and answers it by its script.
func (a *application) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	text, _ := io.ReadAll(request.Body)
	question := &asked{
		kind: strings.TrimPrefix(request.URL.Path, "/"), text: string(text), headers: request.Header,
		gaveUp: request.Context().Done(),
	}
	_ = json.Unmarshal(text, &question.body)
	a.mutex.Lock()
	a.asked = append(a.asked, question)
	a.mutex.Unlock()

	script := scriptFor(question)
	if script.Hold {
		select {
		case <-request.Context().Done():
		case <-a.closed:
		}
		return
	}
	if script.Status != 0 {
		writer.WriteHeader(script.Status)
	}
	body := script.Body
	if body == "" {
		body = usualAnswer(question, script, text)
	}
	_, _ = io.WriteString(writer, body)
}

// scriptFor finds the script in what the question carries.
func scriptFor(question *asked) *script {
	var carried struct {
		Data json.RawMessage `json:"data"`
		Meta *script         `json:"meta"`
	}
	_ = json.Unmarshal([]byte(question.text), &carried)
	found := &script{}
	switch {
	case question.kind == "refresh" && carried.Meta != nil && carried.Meta.Refresh != nil:
		return carried.Meta.Refresh
	case question.kind == "sub_refresh" && carried.Meta != nil && carried.Meta.SubRefresh != nil:
		return carried.Meta.SubRefresh
	}
	_ = json.Unmarshal(carried.Data, found)
	return found
}

// usualAnswer accepts whatever is asked; calls are answered with what they sent.
func usualAnswer(question *asked, script *script, text []byte) string {
	expireAt := int64(0)
	if script.ExpireIn != 0 {
		expireAt = time.Now().Unix() + int64(script.ExpireIn)
	}
	var carried struct {
		Data json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(text, &carried)
	if carried.Data == nil {
		carried.Data = json.RawMessage("null")
	}
	switch question.kind {
	case "connect":
		user := script.User
		if user == "" {
			user = "u1"
		}
		return fmt.Sprintf(`{"result":{"user":%q,"expire_at":%d,"meta":%s}}`, user, expireAt, carried.Data)
	case "rpc":
		return fmt.Sprintf(`{"result":{"data":{"got":%s}}}`, carried.Data)
	case "subscribe":
		return fmt.Sprintf(`{"result":{"expire_at":%d}}`, expireAt)
	default:
		return fmt.Sprintf(`{"result":{"expire_at":%d}}`, time.Now().Unix()+3600)
	}
}

// questions returns what was asked so far, of one kind.
func (a *application) questions(kind string) []*asked {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var found []*asked
	for _, question := range a.asked {
		if question.kind == kind {
			found = append(found, question)
		}
	}
	return found
}

// waitFor waits until so many questions of a kind were asked, and returns them.
func (a *application) waitFor(t *testing.T, kind string, count int) []*asked {
	t.Helper()
	eventually(t, fmt.Sprintf("%d %s questions", count, kind), func() bool { return len(a.questions(kind)) >= count })
	return a.questions(kind)
}

// redirectTo starts a server that sends everybody elsewhere, body included.
func redirectTo(t *testing.T, url string) string {
	t.Helper()
	server := httptest.NewServer(http.RedirectHandler(url, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	return server.URL
}
