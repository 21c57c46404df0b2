package wire

import (
	"fmt"
	"strings"
	"testing"
)

// temporary is the error that makes SDKs try again: nobody could be asked.
const temporary = `{"error":{"code":100,"message":"internal server error","temporary":true}}`

func TestConnectAnswers(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	tests := []struct {
		name   string
		script script
		// close is the code of the disconnect, else reply is the whole reply with the variable parts left out.
		close int
		reply string
	}{
		{"nothing is nobody", script{Body: `{}`}, 3501, ""},
		{"a null result is nobody", script{Body: `{"result":null}`}, 3501, ""},
		{"null is nobody", script{Body: `null`}, 3501, ""},
		{"an empty result is anonymous", script{Body: `{"result":{}}`}, 0, `{"connect":{}}`},
		{"a null user is anonymous", script{Body: `{"result":{"user":null}}`}, 0, `{"connect":{}}`},
		{"a user", script{Body: `{"result":{"user":"u1"}}`}, 0, `{"connect":{}}`},
		{"unknown fields are ignored", script{Body: `{"x":1,"result":{"user":"u","y":[]}}`}, 0, `{"connect":{}}`},
		{"keys in capitals", script{Body: `{"RESULT":{"USER":"u1","DATA":1}}`}, 0, `{"connect":{"data":1}}`},
		{"data", script{Body: `{"result":{"user":"u","data":{"a":1}}}`}, 0, `{"connect":{"data":{"a":1}}}`},
		{"null as data", script{Body: `{"result":{"user":"u","data":null}}`}, 0, `{"connect":{"data":null}}`},
		{"Base64 data", script{Body: `{"result":{"user":"u","b64data":"eyJhIjoxfQ=="}}`}, 0,
			`{"connect":{"data":{"a":1}}}`},
		{"no Base64", script{Body: `{"result":{"user":"u","b64data":"%"}}`}, 0, temporary},
		{"a number as user", script{Body: `{"result":{"user":5}}`}, 0, temporary},
		{"a text as expiry", script{Body: `{"result":{"user":"u","expire_at":"1"}}`}, 0, temporary},
		{"a fraction as expiry", script{Body: `{"result":{"user":"u","expire_at":9e9.5}}`}, 0, temporary},
		{"a text as error", script{Body: `{"error":"no"}`}, 0, temporary},
		{"a text as error code", script{Body: `{"error":{"code":"403"}}`}, 0, temporary},
		{"a negative error code", script{Body: `{"error":{"code":-1}}`}, 0, temporary},
		{"nothing at all", script{Body: " "}, 0, temporary},
		{"a list", script{Body: `[]`}, 0, temporary},
		{"HTML", script{Body: `<h1>Error</h1>`}, 0, temporary},
		{"text after the answer", script{Body: `{"result":{"user":"u"}} x`}, 0, temporary},
		{"status 500", script{Status: 500, Body: `{"result":{"user":"u"}}`}, 0, temporary},
		{"status 201", script{Status: 201, Body: `{"result":{"user":"u"}}`}, 0, temporary},
		{"an expiry in milliseconds", script{Body: `{"result":{"user":"u","expire_at":4102444800000}}`}, 0,
			`{"connect":{}}`},
		{"an expiry in the past", script{Body: `{"result":{"user":"u","expire_at":1}}`}, 0,
			`{"error":{"code":110,"message":"expired"}}`},
		{"an error", script{Body: `{"error":{"code":403,"message":"no","temporary":true,"retry_after":5}}`}, 0,
			`{"error":{"code":403,"message":"no","temporary":true}}`},
		{"an error beside a result", script{Body: `{"error":{"code":403,"message":"no"},"result":{"user":"u"}}`}, 0,
			`{"error":{"code":403,"message":"no"}}`},
		{"error 109", script{Body: `{"error":{"code":109,"message":"token expired"}}`}, 0,
			`{"error":{"code":109,"message":"token expired"}}`},
		{"an empty error", script{Body: `{"error":{}}`}, 0, `{"error":{}}`},
		{"a disconnect beside an error", script{Body: `{"error":{"code":403},"disconnect":{"code":4501}}`}, 4501, ""},
		{"a disconnect to come back from", script{Body: `{"disconnect":{"code":4001,"reason":"later"}}`}, 4001, ""},
		{"an empty disconnect", script{Body: `{"disconnect":{}}`}, 1006, ""},
		{"a code that is none", script{Body: `{"disconnect":{"code":999}}`}, 1006, ""},
		{"a reason too long for a close frame",
			script{Body: `{"disconnect":{"code":4501,"reason":"` + strings.Repeat("x", 200) + `"}}`}, 1006, ""},
		{"an unknown namespace", script{Body: `{"result":{"user":"u","channels":["nowhere:x"]}}`}, 0,
			`{"error":{"code":102,"message":"unknown channel"}}`},
		{"an unknown namespace in subs", script{Body: `{"result":{"user":"u","subs":{"nowhere:x":{}}}}`}, 0,
			`{"error":{"code":102,"message":"unknown channel"}}`},
		{"more channels than a client may have", script{Body: channelsAnswer(129)}, 3505, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			socket := node.open(t, nil)
			id := socket.send(message{"connect": message{"data": test.script}})
			if test.close != 0 {
				socket.wantClose(test.close)
				return
			}
			wantJSON(t, withoutVariableParts(socket.reply(id)), test.reply)
		})
	}
}

// withoutVariableParts leaves out of a connect reply what differs from one connection to the next.
func withoutVariableParts(reply message) message {
	if connect, ok := reply["connect"].(message); ok {
		for _, key := range []string{"client", "version", "ping", "pong", "session", "node"} {
			delete(connect, key)
		}
	}
	return reply
}

func channelsAnswer(count int) string {
	var channels []string
	for index := range count {
		channels = append(channels, fmt.Sprintf(`"chat:%d"`, index))
	}
	return `{"result":{"user":"u","channels":[` + strings.Join(channels, ",") + `]}}`
}

func TestConnectReplyTellsPingAndVersion(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	_, result := node.connect(t, script{})
	if result["ping"] != 25.0 || result["pong"] != true {
		t.Fatalf("ping and pong: %v", result)
	}
	if result["client"] == "" || result["version"] == "" {
		t.Fatalf("no client or version: %v", result)
	}
}

func TestConnectRequest(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket := node.open(t, nil)
	socket.call(message{"connect": message{
		"data": message{"user": "u1", "html": "<&>"}, "name": "page", "version": "7", "subs": message{"chat:a": message{}},
	}})
	question := application.waitFor(t, "connect", 1)[0]
	if question.body["client"] == "" {
		t.Fatal("no client id")
	}
	delete(question.body, "client")
	wantJSON(t, question.body, `{"transport":"websocket","protocol":"json","encoding":"json","name":"page","version":"7",
		"data":{"user":"u1","html":"<&>"},"channels":["chat:a"]}`)
	if !strings.Contains(question.text, `"\u003c\u0026\u003e"`) {
		t.Fatalf("HTML is not escaped as Go does: %s", question.text)
	}
}

func TestConnectRequestLeavesOutWhatIsAbsent(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	node.open(t, nil).call(message{"connect": message{}})
	question := application.waitFor(t, "connect", 1)[0]
	delete(question.body, "client")
	wantJSON(t, question.body, `{"transport":"websocket","protocol":"json","encoding":"json"}`)
}

func TestConnectWithTokenIsRefusedUnasked(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket := node.open(t, nil)
	socket.send(message{"connect": message{"token": "x.y.z"}})
	socket.wantClose(3500)
	if count := len(application.questions("connect")); count != 0 {
		t.Fatalf("the application was asked %d times", count)
	}
}

func TestConnectWithoutProxyIsRefused(t *testing.T) {
	t.Parallel()
	node := startNode(t, nil, variables{"CLIENT_PROXY_CONNECT_ENABLED": "false"})
	socket := node.open(t, nil)
	socket.send(message{"connect": message{}})
	socket.wantClose(3501)
}

func TestConnectWhileApplicationIsAway(t *testing.T) {
	t.Parallel()
	node := startNode(t, nil, variables{"CLIENT_PROXY_CONNECT_ENDPOINT": "http://127.0.0.1:" + freePort(t)})
	socket := node.open(t, nil)
	wantJSON(t, socket.call(message{"connect": message{}}), temporary)
}

func TestConnectTimesOut(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"CLIENT_PROXY_CONNECT_TIMEOUT": "100ms"})
	socket := node.open(t, nil)
	wantJSON(t, socket.call(message{"connect": message{"data": script{Hold: true}}}), temporary)
}

func TestConnectAnnouncesExpiryWithoutRefreshProxy(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_PROXY_REFRESH_ENABLED": "false"})
	_, result := node.connect(t, script{ExpireIn: 100})
	if ttl, _ := result["ttl"].(float64); result["expires"] != true || ttl < 98 || ttl > 100 {
		t.Fatalf("expires and ttl: %v", result)
	}
}

func TestConnectKeepsExpiryToItselfWithRefreshProxy(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	_, result := node.connect(t, script{ExpireIn: 100})
	if _, announced := result["expires"]; announced {
		t.Fatalf("expiry is announced: %v", result)
	}
}

func TestConnectFollowsRedirects(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{
		"CLIENT_PROXY_CONNECT_ENDPOINT": redirectTo(t, application.server.URL+"/connect"),
	})
	node.connect(t, script{})
}
