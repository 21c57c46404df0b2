package wire

import (
	"net/http"
	"strings"
	"testing"
)

func TestMessageSizeLimit(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	// The longest prompt there is, every unit of it escaped.
	prompt := strings.Repeat(`\u00fc`, 32000)
	socket.sendRaw(`{"id":90,"rpc":{"method":"chat:x","data":"` + prompt + `"}}`)
	reply := socket.reply(90)["rpc"].(message)["data"].(message)["got"].(string)
	if reply != strings.Repeat("ü", 32000) {
		t.Fatalf("got %d bytes", len(reply))
	}
	socket.sendRaw(`{"id":91,"rpc":{"method":"chat:x","data":"` + strings.Repeat("x", 262144) + `"}}`)
	socket.wantClose(1009)
}

func TestQueueLimit(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_QUEUE_MAX_SIZE": "50000"})
	socket, _ := node.connect(t, script{})
	answer := `{"result":{"data":"` + strings.Repeat("x", 60000) + `"}}`
	// A single answer may leave before anybody looks at how full the queue is; of several at once, all can't.
	commands := make([]string, 4)
	for i := range commands {
		commands[i] = string(encode(t, message{"id": 100 + i, "rpc": message{"method": "chat:x", "data": script{Body: answer}}}))
	}
	socket.sendRaw(strings.Join(commands, "\n"))
	socket.wantClose(3008)
}

func TestLargeRepliesFitIntoTheQueue(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	node.publishMany(t, "chat:#u1", 1)
	data := strings.Repeat("x", 7_000_000)
	node.api(t, "publish", `{"channel":"chat:#u1","data":{"text":"`+data+`"}}`)
	result := socket.recoverFrom("chat:#u1", position{}, rejectUnrecovered)["subscribe"].(message)
	last := result["publications"].([]any)[1].(message)
	if last["data"].(message)["text"] != data {
		t.Fatal("something is missing")
	}
}

func TestChannelLimit(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_CHANNEL_LIMIT": "2"})
	socket, _ := node.connect(t, script{})
	socket.subscribe("chat:a#u1")
	socket.subscribe("chat:b#u1")
	wantError(t, socket.subscribe("chat:c#u1"), 106)
}

func TestUserConnectionLimit(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_USER_CONNECTION_LIMIT": "1"})
	node.connect(t, script{})
	node.connect(t, script{User: "u2"})
	second := node.open(t, nil)
	second.send(message{"connect": message{}})
	second.wantClose(3504)
}

func TestConnectionLimit(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_CONNECTION_LIMIT": "1"})
	first, _ := node.connect(t, script{})
	if status := handshake(t, node, ""); status != http.StatusServiceUnavailable {
		t.Fatalf("status %d", status)
	}
	_ = first.connection.Close()
	eventually(t, "a free place", func() bool { return handshake(t, node, "") == http.StatusSwitchingProtocols })
}

func TestWhoeverSaysNothingIsClosed(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_STALE_CLOSE_DELAY": "100ms"})
	node.open(t, nil).wantClose(3502)
}

func TestWhoeverDoesNotPongIsClosed(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CLIENT_PING_INTERVAL": "200ms", "CLIENT_PONG_TIMEOUT": "100ms"})
	socket, result := node.connect(t, script{})
	socket.mute.Store(true)
	if result["pong"] != true {
		t.Fatalf("no pong is asked for: %v", result)
	}
	socket.wantClose(3012)
}

func TestMalformedFrames(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	for _, frame := range []string{
		`x`, `[]`, `{"id":1}`, `{"id":"a","connect":{}}`, `{"connect":5}`, `{"id":1,"rpc":{"method":"chat:x"}}`,
		`{"id":1,"subscribe":{"channel":"chat:#u1"}}`, `{"connect":{}}`, "\x00",
	} {
		t.Run(frame, func(t *testing.T) {
			t.Parallel()
			socket := node.open(t, nil)
			socket.sendRaw(frame)
			socket.wantClose(3501)
		})
	}
}

func TestMalformedFramesAfterConnect(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	for _, frame := range []string{
		`x`, `{"id":7,"connect":{}}`, `{"id":7,"nonsense":{}}`, `{"rpc":{"method":"chat:x"}}`,
		`{"id":7,"subscribe":{}}`,
	} {
		t.Run(frame, func(t *testing.T) {
			t.Parallel()
			socket, _ := node.connect(t, script{})
			socket.sendRaw(frame)
			socket.wantClose(3501)
		})
	}
}

func TestSeveralCommandsInOneFrame(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket := node.open(t, nil)
	socket.sendRaw(`{"id":1,"connect":{}}` + "\n" + `{"id":2,"subscribe":{"channel":"chat:#u1"}}` + "\n" +
		`{"id":3,"rpc":{"method":"chat:x","data":1}}`)
	if _, ok := socket.reply(1)["connect"]; !ok {
		t.Fatal("not connected")
	}
	// The two others run beside each other and answer in any order.
	got := map[string]bool{}
	for range 2 {
		for key := range socket.next() {
			got[key] = true
		}
	}
	if !got["subscribe"] || !got["rpc"] {
		t.Fatalf("got %v", got)
	}
}
