package wire

import (
	"fmt"
	"strings"
	"testing"
)

// rejectUnrecovered is the flag with which SDKs that bring their own state subscribe.
const rejectUnrecovered = 2

// position is a place in a channel's stream.
type position struct {
	offset float64
	epoch  string
}

// publishMany publishes numbered publications to a channel and returns the position after the last.
func (n *node) publishMany(t *testing.T, channel string, count int) position {
	t.Helper()
	var commands []string
	for index := range count {
		commands = append(commands, fmt.Sprintf(`{"publish":{"channel":%q,"data":{"n":%d}}}`, channel, index+1))
	}
	answer := n.api(t, "batch", `{"commands":[`+strings.Join(commands, ",")+`]}`)
	replies := answer["replies"].([]any)
	last := replies[len(replies)-1].(message)["publish"].(message)
	return position{last["offset"].(float64), last["epoch"].(string)}
}

func (s *socket) recoverFrom(channel string, from position, flag int) message {
	s.t.Helper()
	return s.call(message{"subscribe": message{
		"channel": channel, "recover": true, "offset": from.offset, "epoch": from.epoch, "flag": flag,
	}})
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// cap is client.recovery_max_publication_limit, published how much the channel got, missed how much of it the
		// client does not have.
		cap, published, missed int
		recovered              bool
	}{
		{"nothing missed", 2000, 5, 0, true},
		{"some", 2000, 5, 3, true},
		{"everything", 2000, 5, 5, true},
		{"below the cap", 300, 400, 299, true},
		{"at the cap", 300, 400, 300, true},
		{"above the cap", 300, 400, 301, false},
		{"the whole history", 2000, 1000, 1000, true},
		{"the whole history after trimming", 2000, 1500, 1000, true},
		{"one that was trimmed", 2000, 1500, 1001, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			node := startNode(t, startApplication(t), variables{"CLIENT_RECOVERY_MAX_PUBLICATION_LIMIT": fmt.Sprint(test.cap)})
			socket, _ := node.connect(t, script{})
			top := node.publishMany(t, "chat:#u1", test.published)
			reply := socket.recoverFrom("chat:#u1", position{top.offset - float64(test.missed), top.epoch}, 0)
			result := reply["subscribe"].(message)
			publications, _ := result["publications"].([]any)
			if result["was_recovering"] != true || (result["recovered"] == true) != test.recovered {
				t.Fatalf("recovered %v, was recovering %v", result["recovered"], result["was_recovering"])
			}
			if !test.recovered {
				test.missed = 0
			}
			if len(publications) != test.missed {
				t.Fatalf("%d publications, want %d", len(publications), test.missed)
			}
			for index, publication := range publications {
				want := float64(test.published - test.missed + index + 1)
				if publication.(message)["offset"] != want || publication.(message)["data"].(message)["n"] != want {
					t.Fatalf("publication %d is %v", index, publication)
				}
			}
			// The client advances from this offset by the publications; zero is left out.
			offset, _ := result["offset"].(float64)
			if offset != top.offset-float64(test.missed) || result["epoch"] != top.epoch {
				t.Fatalf("position %v %v, top is %v", offset, result["epoch"], top)
			}
		})
	}
}

func TestPositionsThatCannotBeServed(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	top := node.publishMany(t, "chat:#u1", 1500)
	for name, from := range map[string]position{
		"another epoch": {top.offset, "other"}, "above the top": {top.offset + 1, top.epoch},
		"trimmed": {top.offset - 1001, top.epoch}, "the beginning after trimming": {0, ""},
	} {
		socket, _ := node.connect(t, script{})
		t.Log(name)
		wantJSON(t, socket.recoverFrom("chat:#u1", from, rejectUnrecovered),
			`{"error":{"code":112,"message":"unrecoverable position"}}`)
		result := socket.recoverFrom("chat:#u1", from, 0)["subscribe"].(message)
		if result["recovered"] == true || result["publications"] != nil || result["offset"] != top.offset {
			t.Fatalf("%s: %v", name, result)
		}
	}
	socket, _ := node.connect(t, script{})
	for name, from := range map[string]position{
		"the top": top, "an empty epoch": {top.offset - 10, ""}, "the oldest": {top.offset - 1000, top.epoch},
	} {
		result, ok := socket.recoverFrom("chat:#u1", from, rejectUnrecovered)["subscribe"].(message)
		if !ok || result["recovered"] != true {
			t.Fatalf("%s: %v", name, result)
		}
		socket.call(message{"unsubscribe": message{"channel": "chat:#u1"}})
	}
}

func TestRecoveryGoesOnLive(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	top := node.publishMany(t, "chat:#u1", 3)
	socket.recoverFrom("chat:#u1", position{1, top.epoch}, rejectUnrecovered)
	node.api(t, "publish", `{"channel":"chat:#u1","data":{"n":4}}`)
	wantJSON(t, socket.publication(), `{"channel":"chat:#u1","pub":{"data":{"n":4},"offset":4}}`)
}

func TestRecoveryAfterHistoryExpired(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	top := node.publishMany(t, "short:x", 2)
	eventually(t, "no history", func() bool {
		result := node.result(t, "history", `{"channel":"short:x","limit":-1}`)
		return len(result["publications"].([]any)) == 0
	})
	socket, _ := node.connect(t, script{})
	wantError(t, socket.recoverFrom("short:x", position{1, top.epoch}, rejectUnrecovered), 112)
	result, ok := socket.recoverFrom("short:x", top, rejectUnrecovered)["subscribe"].(message)
	if !ok || result["recovered"] != true || result["offset"] != top.offset || result["epoch"] != top.epoch {
		t.Fatalf("got %v", result)
	}
}

func TestRestartForgetsMemory(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	first := startNode(t, application, nil)
	top := first.publishMany(t, "chat:#u1", 3)
	second := startNode(t, application, nil)
	socket, _ := second.connect(t, script{})
	wantError(t, socket.recoverFrom("chat:#u1", top, rejectUnrecovered), 112)
}

func TestClientReadsHistoryAndPresenceWhereAllowed(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{
		"CHANNEL_NAMESPACES": moreNamespaces, "CLIENT_HISTORY_MAX_PUBLICATION_LIMIT": "4",
	})
	top := node.publishMany(t, "open:x", 6)
	socket, connected := node.connect(t, script{})
	history := message{"history": message{"channel": "open:x", "limit": -1}}
	wantError(t, socket.call(history), 103)
	socket.subscribe("open:x")
	result := socket.call(history)["history"].(message)
	if count := len(result["publications"].([]any)); count != 4 {
		t.Fatalf("%d publications, want 4, the cap", count)
	}
	wantError(t, socket.call(message{"history": message{
		"channel": "open:x", "limit": 1, "since": message{"offset": top.offset, "epoch": "other"},
	}}), 112)
	wantJSON(t, socket.call(message{"presence_stats": message{"channel": "open:x"}}),
		`{"presence_stats":{"num_clients":1,"num_users":1}}`)
	presence := socket.call(message{"presence": message{"channel": "open:x"}})["presence"].(message)["presence"].(message)
	if _, ok := presence[connected["client"].(string)]; !ok {
		t.Fatalf("got %v", presence)
	}
}

func TestClientPublishesWhereAllowed(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	socket, connected := node.connect(t, script{User: "u7"})
	publish := message{"publish": message{"channel": "open:x", "data": message{"a": 1}}}
	wantError(t, socket.call(publish), 103)
	socket.subscribe("open:x")
	wantJSON(t, socket.call(publish), `{"publish":{}}`)
	publication := socket.publication()["pub"].(message)
	wantJSON(t, publication, `{"data":{"a":1},"offset":1,"info":{"user":"u7","client":"`+connected["client"].(string)+`"}}`)
	nobody, _ := node.connect(t, script{Body: `{"result":{}}`})
	wantError(t, nobody.call(message{"publish": message{"channel": "anybody:x", "data": 1}}), 103)
	wantJSON(t, socket.call(message{"publish": message{"channel": "anybody:x", "data": 1}}), `{"publish":{}}`)
}
