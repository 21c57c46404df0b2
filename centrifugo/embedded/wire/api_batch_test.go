package wire

import (
	"fmt"
	"strings"
	"testing"
)

func TestAPIBatch(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES": moreNamespaces})
	answer := node.api(t, "batch", `{"commands":[
		{"publish":{"channel":"plain","data":1}},
		{"publish":{"channel":"nowhere:x","data":1}},
		null, {}, {"destroy":{}}, {"publish":null},
		{"broadcast":{"channels":["plain"],"data":1}},
		{"history":{"channel":"chat:x"},"history_remove":{"channel":"chat:x"}},
		{"history_remove":{"channel":"chat:x"}},
		{"history_remove":{"channel":"chat:x"},"publish":{"channel":"plain","data":1}},
		{"presence":{"channel":"open:x"}},
		{"presence_stats":{"channel":"open:x"}},
		{"channels":{}},
		{"subscribe":{"user":"nobody","channel":"chat:x"}},
		{"unsubscribe":{"user":"nobody","channel":"chat:x"}},
		{"disconnect":{"user":"nobody"}},
		{"refresh":{"user":"nobody"}},
		{"rpc":{"method":"x"}}]}`)
	replies := answer["replies"].([]any)
	delete(replies[7].(message)["history"].(message), "epoch")
	wantJSON(t, replies, `[
		{"publish":{}},
		{"error":{"code":102,"message":"unknown channel"}},
		{"error":{"code":107,"message":"bad request"}},
		{"error":{"code":104,"message":"not found"}},
		{"error":{"code":104,"message":"not found"}},
		{"error":{"code":104,"message":"not found"}},
		{"broadcast":{"responses":[{"result":{}}]}},
		{"history":{"publications":[],"offset":0}},
		{"history_remove":{}},
		{"publish":{}},
		{"presence":{"presence":{}}},
		{"presence_stats":{"num_clients":0,"num_users":0}},
		{"channels":{"channels":{}}},
		{"subscribe":{}},
		{"unsubscribe":{}},
		{"disconnect":{}},
		{"refresh":{}},
		{"error":{"code":104,"message":"not found"}}]`)
	info := node.api(t, "batch", `{"commands":[{"info":{}}]}`)["replies"].([]any)[0].(message)["info"].(message)
	if len(info["nodes"].([]any)) != 1 {
		t.Fatalf("got %v", info)
	}
}

func TestAPIBatchWithoutCommands(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	for _, body := range []string{`{}`, `{"commands":[]}`, `{"commands":null}`, `null`} {
		wantJSON(t, node.api(t, "batch", body), `{}`)
	}
	for _, body := range []string{`{"commands":{}}`, `{"commands":[5]}`, `{"commands":[{"publish":5}]}`, `{"commands":[{"publish":{"channel":5}}]}`} {
		if status, text := node.post(t, "batch", body, map[string]string{"X-API-Key": apiKey}); status != 400 {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}

func TestAPIBatchKeepsOrder(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	socket.subscribe("chat:#u1")
	node.publishMany(t, "chat:#u1", 500)
	for want := range 500 {
		publication := socket.publication()["pub"].(message)
		if publication["offset"] != float64(want+1) || publication["data"].(message)["n"] != float64(want+1) {
			t.Fatalf("publication %d is %v", want+1, publication)
		}
	}
}

func TestAPIParallelBatch(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	var commands []string
	for index := range 2000 {
		commands = append(commands, fmt.Sprintf(`{"publish":{"channel":"chat:%d","data":{"n":%d}}}`, index%50, index))
	}
	commands = append(commands, "null")
	answer := node.api(t, "batch", `{"parallel":true,"commands":[`+strings.Join(commands, ",")+`]}`)
	replies := answer["replies"].([]any)
	seen := map[string]bool{}
	for index, reply := range replies[:2000] {
		seen[fmt.Sprint(index%50, reply.(message)["publish"].(message)["offset"])] = true
	}
	if len(seen) != 2000 {
		t.Fatalf("%d different offsets", len(seen))
	}
	wantJSON(t, replies[2000], `{"error":{"code":107,"message":"bad request"}}`)
}
