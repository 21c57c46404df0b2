package wire

import (
	"testing"
)

func TestConnectSubscribesFromTheServersSide(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	socket, result := node.connect(t, script{Body: `{"result":{"user":"u1","channels":["chat:a","open:b"],"subs":{
		"chat:c":{"data":{"k":1},"override":{"force_recovery":{"value":false}}},
		"open:d":{"info":{"seat":4},"b64data":"Mg==","expire_at":1,"override":{"force_positioning":{"value":true}}}}}}`})
	subscriptions := result["subs"].(message)
	for _, subscription := range subscriptions {
		delete(subscription.(message), "epoch")
	}
	wantJSON(t, subscriptions, `{"chat:a":{"recoverable":true,"positioned":true},"open:b":{},
		"chat:c":{"data":{"k":1}},"open:d":{"data":2,"positioned":true}}`)
	wantError(t, socket.subscribe("open:b"), 105)
	client := result["client"].(string)
	wantJSON(t, node.api(t, "presence", `{"channel":"open:d"}`), `{"result":{"presence":{"`+client+`":
		{"user":"u1","client":"`+client+`","chan_info":{"seat":4}}}}}`)
	node.publishMany(t, "chat:c", 1)
	wantJSON(t, socket.publication(), `{"channel":"chat:c","pub":{"data":{"n":1},"offset":1}}`)
}

func TestNamespacesChooseTheirProxies(t *testing.T) {
	t.Parallel()
	usual, special := startApplication(t), startApplication(t)
	node := startNode(t, usual, variables{
		"PROXIES": `[{"name":"special","endpoint":"` + special.server.URL + `/subscribe","timeout":"5s"}]`,
		"CHANNEL_NAMESPACES": `[{"name":"chat"},{"name":"asked","subscribe_proxy_enabled":true},
			{"name":"elsewhere","subscribe_proxy_enabled":true,"subscribe_proxy_name":"special"}]`,
	})
	socket, _ := node.connect(t, script{})
	socket.subscribe("asked:x")
	socket.subscribe("elsewhere:y")
	if channel := usual.waitFor(t, "subscribe", 1)[0].body["channel"]; channel != "asked:x" {
		t.Errorf("got %v", channel)
	}
	if channel := special.waitFor(t, "subscribe", 1)[0].body["channel"]; channel != "elsewhere:y" {
		t.Errorf("got %v", channel)
	}
}
