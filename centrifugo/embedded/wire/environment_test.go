package wire

import (
	"testing"
)

func TestEnvironmentChangesOneOptionOfANamespace(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"CHANNEL_NAMESPACES_CHAT_HISTORY_SIZE": "3"})
	node.publishMany(t, "chat:x", 5)
	result := node.result(t, "history", `{"channel":"chat:x","limit":-1}`)
	if count := len(result["publications"].([]any)); count != 3 {
		t.Fatalf("%d publications", count)
	}
}

func TestEnvironmentAddsNamespacesByName(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{
		"CHANNEL_NAMESPACES": "one-more.name other",
		"CHANNEL_NAMESPACES_ONE_MORE_NAME_ALLOW_SUBSCRIBE_FOR_CLIENT": "true",
		"RPC_NAMESPACES":                     "extra",
		"RPC_NAMESPACES_EXTRA_PROXY_ENABLED": "true",
	})
	socket, _ := node.connect(t, script{})
	for _, channel := range []string{"one-more.name:x", "chat:#u1"} {
		if _, ok := socket.subscribe(channel)["subscribe"]; !ok {
			t.Fatalf("%s: not subscribed", channel)
		}
	}
	wantError(t, socket.subscribe("other:x"), 103)
	wantError(t, socket.subscribe("another:x"), 102)
	wantJSON(t, socket.rpc("extra:x", 1), `{"rpc":{"data":{"got":1}}}`)
	wantJSON(t, socket.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
}

// A JSON list goes over the file's list item by item: what an item does not mention stays as it is at that place.
func TestEnvironmentListGoesOverTheFilesList(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{
		"CHANNEL_NAMESPACES": `[{"name":"renamed","history_size":2},{"name":"fresh"}]`,
	})
	node.publishMany(t, "renamed:x", 5)
	result := node.result(t, "history", `{"channel":"renamed:x","limit":-1}`)
	if count := len(result["publications"].([]any)); count != 2 {
		t.Fatalf("%d publications", count)
	}
	socket, _ := node.connect(t, script{})
	if _, ok := socket.subscribe("renamed:#u1")["subscribe"]; !ok {
		t.Fatal("user-limited channels got lost")
	}
	wantError(t, socket.subscribe("fresh:#u1"), 103)
	wantError(t, socket.subscribe("chat:#u1"), 102)
	wantJSON(t, node.api(t, "history", `{"channel":"fresh:x"}`), `{"error":{"code":108,"message":"not available"}}`)
}

func TestEmptyVariablesCountAsNone(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{
		"CLIENT_CONCURRENCY": "", "CHANNEL_NAMESPACES": "", "ENGINE_TYPE": "", "NO_SUCH_SETTING": "",
	})
	socket, _ := node.connect(t, script{})
	if _, ok := socket.subscribe("chat:#u1")["subscribe"]; !ok {
		t.Fatal("not subscribed")
	}
}
