package wire

import (
	"strconv"
	"testing"
	"time"
)

// moreNamespaces are namespaces beside the shipped one, which comes first and stays as it is in the file.
const moreNamespaces = `[{"name":"chat"},
	{"name":"asked","subscribe_proxy_enabled":true,"history_size":10,"history_ttl":"60s"},
	{"name":"askedlimited","subscribe_proxy_enabled":true,"allow_user_limited_channels":true},
	{"name":"refreshed","subscribe_proxy_enabled":true,"sub_refresh_proxy_enabled":true},
	{"name":"open","allow_subscribe_for_client":true,"presence":true,"join_leave":true,"history_size":10,
		"history_ttl":"60s","allow_publish_for_subscriber":true,"allow_history_for_subscriber":true,
		"allow_presence_for_subscriber":true},
	{"name":"anybody","allow_subscribe_for_client":true,"allow_subscribe_for_anonymous":true,"allow_publish_for_client":true,
		"history_size":10,"history_ttl":"60s","allow_recovery":true,"allow_positioning":true},
	{"name":"pattern","allow_subscribe_for_client":true,"channel_regex":"^[a-zü]+$"},
	{"name":"limitedopen","allow_user_limited_channels":true,"allow_subscribe_for_client":true},
	{"name":"pushed","allow_subscribe_for_client":true,"join_leave":true,"force_push_join_leave":true},
	{"name":"short","allow_subscribe_for_client":true,"history_size":3,"history_ttl":"1s","force_recovery":true}]`

func TestSubscribeProxyAnswers(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	tests := []struct {
		name   string
		script script
		close  int
		reply  string
	}{
		{"nothing allows", script{Body: `{}`}, 0, `{"subscribe":{}}`},
		{"null allows", script{Body: `null`}, 0, `{"subscribe":{}}`},
		{"an empty result allows", script{Body: `{"result":{}}`}, 0, `{"subscribe":{}}`},
		{"data", script{Body: `{"result":{"data":{"a":1}}}`}, 0, `{"subscribe":{"data":{"a":1}}}`},
		{"Base64 data", script{Body: `{"result":{"b64data":"MQ=="}}`}, 0, `{"subscribe":{"data":1}}`},
		{"an error", script{Body: `{"error":{"code":403,"message":"no"}}`}, 0, `{"error":{"code":403,"message":"no"}}`},
		{"an error beside a result", script{Body: `{"error":{"code":403,"message":"no"},"result":{}}`}, 0,
			`{"error":{"code":403,"message":"no"}}`},
		{"a disconnect", script{Body: `{"disconnect":{"code":4501,"reason":"x"}}`}, 4501, ""},
		{"an expiry in the past", script{Body: `{"result":{"expire_at":1}}`}, 0, `{"error":{"code":110,"message":"expired"}}`},
		{"status 500", script{Status: 500}, 0, temporary},
		{"HTML", script{Body: `<h1>`}, 0, temporary},
		{"a wrong type", script{Body: `{"result":{"expire_at":"x"}}`}, 0, temporary},
		{"an override of positioning", script{Body: `{"result":{"override":{"force_positioning":{"value":true}}}}`}, 0,
			`{"subscribe":{"positioned":true}}`},
		{"an override of recovery", script{Body: `{"result":{"override":{"force_recovery":{"value":true}}}}`}, 0,
			`{"subscribe":{"positioned":true,"recoverable":true}}`},
	}
	for index, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			socket, _ := node.connect(t, script{})
			id := socket.send(message{"subscribe": message{
				"channel": "asked:" + strconv.Itoa(index), "data": test.script, "recoverable": true, "positioned": true,
			}})
			if test.close != 0 {
				socket.wantClose(test.close)
				return
			}
			reply := socket.reply(id)
			if subscribed, ok := reply["subscribe"].(message); ok {
				delete(subscribed, "epoch")
			}
			wantJSON(t, reply, test.reply)
		})
	}
}

func TestSubscribeRequest(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{
		"CHANNEL_NAMESPACES": moreNamespaces, "CHANNEL_PROXY_SUBSCRIBE_INCLUDE_CONNECTION_META": "true",
	})
	socket, result := node.connect(t, script{User: "u7"})
	socket.call(message{"subscribe": message{"channel": "asked:x", "data": message{"k": 1}}})
	question := application.waitFor(t, "subscribe", 1)[0]
	if question.body["client"] != result["client"] {
		t.Fatalf("another client: %v", question.body)
	}
	delete(question.body, "client")
	wantJSON(t, question.body, `{"transport":"websocket","protocol":"json","encoding":"json","user":"u7",
		"channel":"asked:x","data":{"k":1},"meta":{"user":"u7"}}`)
}

func TestUserLimitedChannelNeverReachesTheProxy(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"CHANNEL_NAMESPACES": moreNamespaces})
	socket, _ := node.connect(t, script{})
	wantError(t, socket.subscribe("askedlimited:#u2"), 103)
	wantError(t, socket.subscribe("limitedopen:#u2"), 103)
	for _, channel := range []string{"askedlimited:#u1", "limitedopen:#u1", "limitedopen:x"} {
		if _, ok := socket.subscribe(channel)["subscribe"]; !ok {
			t.Fatalf("not subscribed to %s", channel)
		}
	}
	if count := len(application.questions("subscribe")); count != 0 {
		t.Fatalf("the application was asked %d times", count)
	}
	// Where the namespace knows no user-limited channels, the sign means nothing.
	socket.subscribe("asked:#u2")
	application.waitFor(t, "subscribe", 1)
}

func TestSubscribePermissions(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	somebody, _ := node.connect(t, script{})
	nobody, _ := node.connect(t, script{Body: `{"result":{}}`})
	tests := []struct {
		socket  *socket
		channel string
		code    float64
	}{
		{somebody, "open:a", 0}, {nobody, "open:a", 103}, {somebody, "anybody:a", 0}, {nobody, "anybody:a", 0},
		{somebody, "$open:a", 103}, {somebody, "open:ü", 107}, {somebody, "pattern:abcü", 0},
		{somebody, "pattern:abc1", 107}, {somebody, "pattern:", 107},
	}
	for _, test := range tests {
		reply := test.socket.subscribe(test.channel)
		if test.code != 0 {
			wantError(t, reply, test.code)
		} else if _, ok := reply["subscribe"]; !ok {
			t.Fatalf("%s: %v", test.channel, reply)
		}
	}
}

func TestWishesAreGrantedWhereAllowed(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	socket, _ := node.connect(t, script{})
	for channel, granted := range map[string]bool{"open:a": true, "anybody:a": true, "limitedopen:a": false} {
		reply := socket.call(message{"subscribe": message{"channel": channel, "positioned": true, "recoverable": true}})
		result, _ := reply["subscribe"].(message)
		if (result["positioned"] == true) != granted || (result["recoverable"] == true) != granted {
			t.Fatalf("%s: %v", channel, reply)
		}
	}
}

func TestSubscriptionExpiryIsAnnouncedWithoutSubRefreshProxy(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	socket, _ := node.connect(t, script{})
	for channel, announced := range map[string]bool{"asked:x": true, "refreshed:x": false} {
		reply := socket.call(message{"subscribe": message{"channel": channel, "data": script{ExpireIn: 100}}})
		if result := reply["subscribe"].(message); (result["expires"] == true) != announced {
			t.Fatalf("%s: %v", channel, reply)
		}
	}
	wantError(t, socket.call(message{"sub_refresh": message{"channel": "open:never", "token": "x"}}), 103)
	socket.send(message{"sub_refresh": message{"channel": "asked:x", "token": "x"}})
	socket.wantClose(3500)
}

func TestSubRefreshAnswers(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{
		"CHANNEL_NAMESPACES": moreNamespaces, "CHANNEL_PROXY_SUB_REFRESH_INCLUDE_CONNECTION_META": "true",
		"CLIENT_PRESENCE_UPDATE_INTERVAL": "1s", "CLIENT_EXPIRED_SUB_CLOSE_DELAY": "10ms",
	})
	tests := []struct {
		name   string
		script script
		ends   bool
	}{
		{"later", script{Body: `{"result":{"expire_at":4102444800}}`}, false},
		{"never again", script{Body: `{"result":{}}`}, false},
		{"expired", script{Body: `{"result":{"expired":true}}`}, true},
		{"no result", script{Body: `{}`}, true},
		{"an error is no result", script{Body: `{"error":{"code":500}}`}, true},
		{"status 500", script{Status: 500}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			socket, _ := node.connect(t, script{User: test.name, SubRefresh: &test.script})
			channel := "refreshed:" + strconv.FormatInt(time.Now().UnixNano(), 10)
			socket.call(message{"subscribe": message{"channel": channel, "data": script{ExpireIn: 1}}})
			var question *asked
			eventually(t, "a question about "+channel, func() bool {
				for _, candidate := range application.questions("sub_refresh") {
					if candidate.body["channel"] == channel {
						question = candidate
					}
				}
				return question != nil
			})
			if question.body["user"] != test.name || question.body["meta"] == nil || question.body["client"] == "" {
				t.Fatalf("got %s", question.text)
			}
			if test.ends {
				wantJSON(t, socket.push(), `{"channel":"`+channel+`","unsubscribe":{"code":2501,"reason":"subscription expired"}}`)
				return
			}
			wantError(t, socket.subscribe(channel), 105)
		})
	}
}
