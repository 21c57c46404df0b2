package wire

import (
	"testing"
)

func TestRefreshAnswers(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	tests := []struct {
		name   string
		script script
		// expired means that the connection is closed with 3005, else it stays.
		expired bool
	}{
		{"a later expiry", script{Body: `{"result":{"expire_at":4102444800}}`}, false},
		{"expired", script{Body: `{"result":{"expired":true,"expire_at":4102444800}}`}, true},
		{"an empty result", script{Body: `{"result":{}}`}, true},
		{"no result", script{Body: `{}`}, true},
		{"null", script{Body: `null`}, true},
		{"an error is no result", script{Body: `{"error":{"code":500,"message":"x"}}`}, true},
		{"a disconnect is no result", script{Body: `{"disconnect":{"code":4501,"reason":"x"}}`}, true},
		{"an error beside a result is ignored",
			script{Body: `{"error":{"code":500},"result":{"expire_at":4102444800}}`}, false},
		{"status 500", script{Status: 500}, false},
		{"HTML", script{Body: `<h1>`}, false},
		{"a wrong type", script{Body: `{"result":{"expire_at":"soon"}}`}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			socket, _ := node.connect(t, script{User: test.name, ExpireIn: 1, Refresh: &test.script})
			if test.expired {
				socket.wantClose(3005)
				return
			}
			eventually(t, "a refresh of "+test.name, func() bool {
				for _, question := range application.questions("refresh") {
					if question.body["user"] == test.name {
						return true
					}
				}
				return false
			})
			wantJSON(t, socket.rpc("chat:echo", 1), `{"rpc":{"data":{"got":1}}}`)
		})
	}
}

func TestRefreshRequest(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	_, result := node.connect(t, script{ExpireIn: 1})
	question := application.waitFor(t, "refresh", 1)[0]
	if question.body["client"] != result["client"] {
		t.Fatalf("another client: %v", question.body)
	}
	delete(question.body, "client")
	wantJSON(t, question.body, `{"transport":"websocket","protocol":"json","encoding":"json","user":"u1",
		"meta":{"expire_in":1}}`)
}

func TestRefreshReplacesMeta(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket, _ := node.connect(t, script{
		ExpireIn: 1, Refresh: &script{Body: `{"result":{"expire_at":4102444800,"meta":{"plan":"new"}}}`},
	})
	application.waitFor(t, "refresh", 1)
	eventually(t, "the new meta", func() bool {
		socket.rpc("chat:echo", nil)
		questions := application.questions("rpc")
		return string(encode(t, questions[len(questions)-1].body["meta"])) == `{"plan":"new"}`
	})
}

func TestClientCannotRefreshByItself(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket, _ := node.connect(t, script{ExpireIn: 100})
	socket.send(message{"refresh": message{"token": "x"}})
	socket.wantClose(3501)
	if count := len(application.questions("refresh")); count != 0 {
		t.Fatalf("the application was asked %d times", count)
	}
}

func TestClientRefreshNeedsTokenWithoutProxy(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_PROXY_REFRESH_ENABLED": "false"})
	socket, _ := node.connect(t, script{ExpireIn: 100})
	socket.send(message{"refresh": message{"token": "x"}})
	socket.wantClose(3500)
}

func TestConnectionExpiresWithoutRefreshProxy(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{
		"CLIENT_PROXY_REFRESH_ENABLED": "false", "CLIENT_EXPIRED_CLOSE_DELAY": "100ms",
	})
	socket, _ := node.connect(t, script{ExpireIn: 1})
	socket.wantClose(3005)
}
