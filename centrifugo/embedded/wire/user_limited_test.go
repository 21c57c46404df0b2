package wire

import (
	"strings"
	"testing"
)

func TestUserLimitedChannels(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	tests := []struct {
		user, channel string
		// code is that of the error, zero when the subscription is allowed.
		code float64
	}{
		{"u1", "chat:#u1", 0},
		{"u1", "chat:#u1,u2", 0},
		{"u1", "chat:#u2,u1", 0},
		{"u1", "chat:#,u1", 0},
		{"u1", "chat:#u1,", 0},
		{"u1", "chat:x#u1", 0},
		{"u1", "chat:#u2#u1", 0},
		{"u1", "chat::#u1", 0},
		{"u1", "chat:a:b#u1", 0},
		{"u1", "chat:##u1", 0},
		{"u1", "chat:\x00\t #u1", 0},
		{"u1", "chat:#u1#u2", 103},
		{"u1", "chat:#u1#", 103},
		{"u1", "chat:#u2", 103},
		{"u1", "chat:#", 103},
		{"u1", "chat:#,", 103},
		{"u1", "chat:#U1", 103},
		{"u1", "chat:#u1 ", 103},
		{"u1", "chat:# u1", 103},
		{"u1", "chat:#u1, u2", 0},
		{"u1", "chat:#u2, u1", 103},
		{"u1", "chat:#u1\x00", 103},
		{"u1", "chat:#u11", 103},
		{"u1", "chat:#u", 103},
		{"u1", "chat:#*", 103},
		{"u1", "chat:u1", 103},
		{"u1", "chat:", 103},
		{"u1", "chat", 103},
		{"u1", "#u1", 103},
		{"u1", "u1", 103},
		{"u1", ":#u1", 103},
		{"u1", "$chat:#u1", 103},
		{"u1", "$#u1", 103},
		{"u1", "chat#u1", 103},
		{"u1", "CHAT:#u1", 102},
		{"u1", " chat:#u1", 102},
		{"u1", "cha:#u1", 102},
		{"u1", "nowhere:#u1", 102},
		{"u1", "$nowhere:#u1", 102},
		{"u1", "$$chat:#u1", 102},
		{"u1", "chat:ü#u1", 107},
		{"u1", "chat:#u1,ü", 107},
		{"u1", "chat：#u1", 107},
		{"u1", "chat:" + strings.Repeat("x", 247) + "#u1", 0},
		{"u1", "chat:" + strings.Repeat("x", 248) + "#u1", 107},
		{"", "chat:#", 0},
		{"", "chat:#u1,", 0},
		{"", "chat:#u1", 103},
		{"a,b", "chat:#a,b", 103},
		{"a#b", "chat:#a#b", 103},
		{"b", "chat:#a#b", 0},
		{"a", "chat:#a,b", 0},
		{"a:b", "chat:#a:b", 0},
	}
	for _, test := range tests {
		t.Run(test.user+" "+test.channel, func(t *testing.T) {
			t.Parallel()
			answer := encode(t, message{"result": message{"user": test.user}})
			socket, _ := node.connect(t, script{Body: string(answer)})
			reply := socket.subscribe(test.channel)
			if test.code != 0 {
				wantError(t, reply, test.code)
				return
			}
			result, ok := reply["subscribe"].(message)
			if !ok || result["recoverable"] != true || result["positioned"] != true || result["epoch"] == "" {
				t.Fatalf("got %s", encode(t, reply))
			}
		})
	}
}

func TestPublicationsReachOnlyTheirChannel(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	first, _ := node.connect(t, script{User: "u1"})
	second, _ := node.connect(t, script{User: "u2"})
	first.subscribe("chat:#u1")
	second.subscribe("chat:#u2")
	node.api(t, "publish", `{"channel":"chat:#u1","data":{"to":"u1"},"tags":{"a":"b"}}`)
	node.api(t, "publish", `{"channel":"chat:#u2","data":{"to":"u2"}}`)
	wantJSON(t, first.publication(), `{"channel":"chat:#u1","pub":{"data":{"to":"u1"},"offset":1,"tags":{"a":"b"}}}`)
	wantJSON(t, second.publication(), `{"channel":"chat:#u2","pub":{"data":{"to":"u2"},"offset":1}}`)
}

func TestSubscribingTwice(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	socket.subscribe("chat:#u1")
	wantError(t, socket.subscribe("chat:#u1"), 105)
	unsubscribe := message{"unsubscribe": message{"channel": "chat:#u1"}}
	wantJSON(t, socket.call(unsubscribe), `{"unsubscribe":{}}`)
	wantJSON(t, socket.call(unsubscribe), `{"unsubscribe":{}}`)
	if _, ok := socket.subscribe("chat:#u1")["subscribe"]; !ok {
		t.Fatal("not subscribed again")
	}
}

func TestWhatClientsMayNotDo(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	socket.subscribe("chat:#u1")
	for _, test := range []struct {
		command message
		code    float64
	}{
		{message{"publish": message{"channel": "chat:#u1", "data": message{}}}, 103},
		{message{"publish": message{"channel": "chat:#u1", "data": 5}}, 107},
		{message{"publish": message{"channel": "nowhere:x", "data": message{}}}, 102},
		{message{"history": message{"channel": "chat:#u1", "limit": 10}}, 103},
		{message{"history": message{"channel": "plain", "limit": 10}}, 108},
		{message{"history": message{"channel": "nowhere:x", "limit": 10}}, 102},
		{message{"presence": message{"channel": "chat:#u1"}}, 108},
		{message{"presence_stats": message{"channel": "chat:#u1"}}, 108},
		{message{"presence": message{"channel": "chat:ü"}}, 107},
		{message{"subscribe": message{"channel": "chat:#u1", "token": "x"}}, 105},
		{message{"subscribe": message{"channel": "chat:x#u1", "token": "x"}}, 103},
		{message{"subscribe": message{"channel": "chat:y#u1", "type": 1}}, 103},
		{message{"sub_refresh": message{"channel": "chat:#u2", "token": "x"}}, 103},
	} {
		t.Log(string(encode(t, test.command)))
		wantError(t, socket.call(test.command), test.code)
	}
}

func TestSendIsNotAvailable(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	socket.sendRaw(`{"send":{"data":{}}}`)
	socket.wantClose(3508)
}
