package wire

import (
	"testing"
)

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	// Calls must not be given up before they are counted.
	node := startNode(t, application, variables{"RPC_PROXY_TIMEOUT": "1h"})
	socket, _ := node.connect(t, script{})
	for range 18 {
		socket.send(message{"rpc": message{"method": "chat:slow", "data": script{Hold: true}}})
	}
	application.waitFor(t, "rpc", 16)
	// A second connection is not held up; when its call is through, a seventeenth of the first would have been, too.
	other, _ := node.connect(t, script{User: "u2"})
	other.rpc("chat:fast", 1)
	held := 0
	for _, question := range application.questions("rpc") {
		if question.body["user"] == "u1" {
			held++
		}
	}
	if held != 16 {
		t.Fatalf("%d calls of one connection reach the application at once, want 16", held)
	}
}

func TestWhoeverLeavesCancelsTheirCalls(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"RPC_PROXY_TIMEOUT": "1h"})
	socket, _ := node.connect(t, script{})
	socket.send(message{"rpc": message{"method": "chat:slow", "data": script{Hold: true}}})
	question := application.waitFor(t, "rpc", 1)[0]
	_ = socket.connection.Close()
	question.wantGivenUp(t)
}

func TestConcurrentCallsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket, _ := node.connect(t, script{})
	socket.send(message{"rpc": message{"method": "chat:slow", "data": script{Hold: true}}})
	application.waitFor(t, "rpc", 1)
	wantJSON(t, socket.rpc("chat:fast", 1), `{"rpc":{"data":{"got":1}}}`)
	wantJSON(t, socket.subscribe("chat:#u2"), `{"error":{"code":103,"message":"permission denied"}}`)
}

func TestWithoutConcurrencyCallsWaitForEachOther(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"CLIENT_CONCURRENCY": "1", "RPC_PROXY_TIMEOUT": "300ms"})
	socket, _ := node.connect(t, script{})
	slow := socket.send(message{"rpc": message{"method": "chat:slow", "data": script{Hold: true}}})
	fast := socket.send(message{"rpc": message{"method": "chat:fast", "data": 1}})
	application.waitFor(t, "rpc", 1)
	if count := len(application.questions("rpc")); count != 1 {
		t.Fatalf("%d calls at once", count)
	}
	wantJSON(t, socket.reply(slow), temporary)
	wantJSON(t, socket.reply(fast), `{"rpc":{"data":{"got":1}}}`)
}

// Pongs are read where calls run when there is no concurrency, so a slow call hides them.
func TestSlowCallCostsTheConnectionOnlyWithoutConcurrency(t *testing.T) {
	t.Parallel()
	for concurrency, survives := range map[string]bool{"1": false, "16": true} {
		t.Run(concurrency, func(t *testing.T) {
			t.Parallel()
			node := startNode(t, startApplication(t), variables{
				"CLIENT_CONCURRENCY": concurrency, "CLIENT_PING_INTERVAL": "1500ms", "CLIENT_PONG_TIMEOUT": "1s",
				"RPC_PROXY_TIMEOUT": "3s",
			})
			socket, _ := node.connect(t, script{})
			slow := socket.send(message{"rpc": message{"method": "chat:slow", "data": script{Hold: true}}})
			if survives {
				wantJSON(t, socket.reply(slow), temporary)
			} else {
				socket.wantClose(3012)
			}
		})
	}
}
