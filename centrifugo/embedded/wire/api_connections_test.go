package wire

import (
	"strings"
	"testing"
	"time"
)

func TestAPIDisconnect(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	tests := []struct {
		name, body string
		code       int
	}{
		{"for good", `{"user":"USER"}`, 3503},
		{"to come back", `{"user":"USER","disconnect":{"code":4001,"reason":"later"}}`, 4001},
		{"a code that is none", `{"user":"USER","disconnect":{"code":100}}`, 1006},
		{"one client", `{"user":"USER","client":"CLIENT"}`, 3503},
	}
	for index, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			user := "d" + string(rune('0'+index))
			socket, connected := node.connect(t, script{User: user})
			other, _ := node.connect(t, script{User: "other"})
			body := strings.NewReplacer("USER", user, "CLIENT", connected["client"].(string)).Replace(test.body)
			wantJSON(t, node.api(t, "disconnect", body), `{"result":{}}`)
			socket.wantClose(test.code)
			wantJSON(t, other.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
		})
	}
}

func TestAPIDisconnectSparesTheWhitelist(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	spared, connected := node.connect(t, script{})
	gone, _ := node.connect(t, script{})
	node.api(t, "disconnect", `{"user":"u1","whitelist":["`+connected["client"].(string)+`"]}`)
	gone.wantClose(3503)
	wantJSON(t, spared.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
}

func TestAPIUnsubscribe(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	socket.subscribe("chat:#u1")
	wantJSON(t, node.api(t, "unsubscribe", `{"user":"u1","channel":"chat:#u1"}`), `{"result":{}}`)
	wantJSON(t, socket.push(), `{"channel":"chat:#u1","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}`)
}

func TestAPISubscribe(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	wantJSON(t, node.api(t, "subscribe", `{"user":"u1","channel":"chat:s","data":{"a":1}}`), `{"result":{}}`)
	push := socket.push()
	subscribed := push["subscribe"].(message)
	delete(subscribed, "epoch")
	wantJSON(t, push, `{"channel":"chat:s","subscribe":{"recoverable":true,"positioned":true,"data":{"a":1}}}`)
	node.api(t, "subscribe", `{"user":"u1","channel":"chat:t","override":{"force_recovery":{"value":false}}}`)
	wantJSON(t, socket.push(), `{"channel":"chat:t","subscribe":{}}`)
}

func TestAPIRefresh(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"CLIENT_EXPIRED_CLOSE_DELAY": "10ms"})
	staying, _ := node.connect(t, script{User: "staying", ExpireIn: 3600})
	expired, _ := node.connect(t, script{User: "expired", ExpireIn: 3600})
	wantJSON(t, node.api(t, "refresh", `{"user":"expired","expired":true}`), `{"result":{}}`)
	expired.wantClose(3005)
	soon := time.Now().Unix() + 1
	wantJSON(t, node.api(t, "refresh", string(encode(t, message{"user": "staying", "expire_at": soon}))), `{"result":{}}`)
	if push := staying.push(); push["refresh"].(message)["expires"] != true {
		t.Fatalf("got %v", push)
	}
	application.waitFor(t, "refresh", 1)
	wantJSON(t, staying.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
}

func TestAPIPresence(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	first, connected := node.connect(t, script{Body: `{"result":{"user":"u1","info":{"name":"One"}}}`})
	second, _ := node.connect(t, script{User: "u1"})
	first.subscribe("open:x")
	client := connected["client"].(string)
	wantJSON(t, node.api(t, "presence", `{"channel":"open:x"}`), `{"result":{"presence":{"`+client+`":
		{"user":"u1","client":"`+client+`","conn_info":{"name":"One"}}}}}`)
	second.subscribe("open:x")
	wantJSON(t, node.api(t, "presence_stats", `{"channel":"open:x"}`), `{"result":{"num_clients":2,"num_users":1}}`)
	_ = first.connection.Close()
	_ = second.connection.Close()
	eventually(t, "nobody", func() bool {
		return string(encode(t, node.api(t, "presence", `{"channel":"open:x"}`))) == `{"result":{"presence":{}}}`
	})
}

func TestJoinAndLeave(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	first, _ := node.connect(t, script{User: "u1"})
	first.subscribe("pushed:x")
	first.push()
	second, connected := node.connect(t, script{User: "u2"})
	second.subscribe("pushed:x")
	info := `{"info":{"user":"u2","client":"` + connected["client"].(string) + `"}}`
	wantJSON(t, first.push(), `{"channel":"pushed:x","join":`+info+`}`)
	_ = second.connection.Close()
	wantJSON(t, first.push(), `{"channel":"pushed:x","leave":`+info+`}`)
}

func TestAPIChannelsAndInfo(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"NODE_NAME": "desk"})
	for _, user := range []string{"u1", "u1", "u2"} {
		socket, _ := node.connect(t, script{User: user})
		socket.subscribe("chat:#" + user)
	}
	wantJSON(t, node.api(t, "channels", `{}`),
		`{"result":{"channels":{"chat:#u1":{"num_clients":2},"chat:#u2":{"num_clients":1}}}}`)
	wantJSON(t, node.api(t, "channels", `{"pattern":"*#u[2-9]"}`), `{"result":{"channels":{"chat:#u2":{"num_clients":1}}}}`)
	wantJSON(t, node.api(t, "channels", `{"pattern":"x*"}`), `{"result":{"channels":{}}}`)
	wantJSON(t, node.api(t, "channels", `{"pattern":"["}`), `{"error":{"code":100,"message":"internal server error"}}`)
	described := message{}
	eventually(t, "three clients in info", func() bool {
		nodes := node.result(t, "info", `{}`)["nodes"].([]any)
		described = nodes[0].(message)
		return described["num_clients"] == 3.0
	})
	for _, variable := range []string{"uid", "version"} {
		if described[variable] == "" {
			t.Errorf("no %s in %v", variable, described)
		}
		delete(described, variable)
	}
	delete(described, "uptime")
	delete(described, "metrics")
	wantJSON(t, described, `{"name":"desk","num_clients":3,"num_users":2,"num_channels":2,"num_subs":3}`)
}
