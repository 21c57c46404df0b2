package wire

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestShutdown(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			application := startApplication(t)
			node := startNode(t, application, variables{"RPC_PROXY_TIMEOUT": "1h"})
			idle, _ := node.connect(t, script{})
			calling, _ := node.connect(t, script{User: "u2"})
			calling.send(message{"rpc": message{"method": "chat:slow", "data": script{Hold: true}}})
			question := application.waitFor(t, "rpc", 1)[0]
			silent := node.open(t, nil)

			started := time.Now()
			node.signal(t, signal)
			for _, socket := range []*socket{idle, calling} {
				if code, reason := socket.closeCode(); code != 3001 || reason != "shutdown" {
					t.Errorf("closed with %d %q, want 3001", code, reason)
				}
			}
			// Whoever has not connected yet may get the code or just a closed socket.
			if code, _ := silent.closeCode(); code != 3001 && code != 1006 {
				t.Errorf("closed with %d", code)
			}
			node.wantExit(t, 0)
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("it takes %s", took)
			}
			question.wantGivenUp(t)
			select {
			case received := <-calling.incoming:
				t.Errorf("the call is answered: %v", received)
			default:
			}
		})
	}
}

func TestShutdownIsBounded(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"SHUTDOWN_TIMEOUT": "300ms"})
	connection, err := net.Dial("tcp", "127.0.0.1:"+node.internalPort)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	// A request whose body does not come to an end.
	if _, err := fmt.Fprintf(connection, "POST /api/info HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nExpect: 100-continue\r\n"+
		"Content-Length: 100\r\n\r\n", apiKey); err != nil {
		t.Fatal(err)
	}
	// "100 Continue" means that the server is reading the body.
	if _, err := connection.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	node.terminate(t)
	node.wantExit(t, 1)
}

func TestHangupIsNoReasonToEnd(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	socket.subscribe("chat:#u1")
	node.signal(t, syscall.SIGHUP)
	wantJSON(t, socket.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
	node.publishMany(t, "chat:#u1", 1)
	socket.publication()
}
