package wire

import (
	"fmt"
	"strings"
	"testing"
)

func TestAPIPublish(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	wantJSON(t, node.api(t, "publish", `{"channel":"plain","data":"no history"}`), `{"result":{}}`)
	first := node.result(t, "publish", `{"channel":"chat:x","data":{"n":1}}`)
	if first["offset"] != 1.0 || len(first["epoch"].(string)) == 0 {
		t.Fatalf("got %v", first)
	}
	second := node.result(t, "publish", `{"channel":"chat:x","b64data":"eyJuIjoyfQ==","data":{"n":"the other wins"}}`)
	if second["offset"] != 2.0 || second["epoch"] != first["epoch"] {
		t.Fatalf("got %v after %v", second, first)
	}
	wantJSON(t, node.api(t, "publish", `{"channel":"chat:x","data":{},"skip_history":true}`), `{"result":{}}`)
	history := node.result(t, "history", `{"channel":"chat:x","limit":-1}`)
	wantJSON(t, history["publications"], `[{"data":{"n":1},"offset":1},{"data":{"n":2},"offset":2}]`)
}

func TestAPIPublishIsLooseAboutNames(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	for _, channel := range []string{"chat:ü", "chat:" + strings.Repeat("x", 300), "$chat:x", "chat:"} {
		answer := node.api(t, "publish", fmt.Sprintf(`{"channel":%q,"data":{}}`, channel))
		if result, ok := answer["result"].(message); !ok || result["offset"] != 1.0 {
			t.Errorf("%.10s: %v", channel, answer)
		}
	}
}

func TestAPIPublishFormats(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{
		"CHANNEL_PUBLICATION_DATA_FORMAT": "json",
		"CHANNEL_NAMESPACES": `[{"name":"chat"},{"name":"any"},{"name":"objects","publication_data_format":"json_object"},
			{"name":"bytes","publication_data_format":"binary"}]`,
	})
	for body, accepted := range map[string]bool{
		`{"channel":"any:x","data":5}`:                            true,
		`{"channel":"any:x","data":null}`:                         true,
		`{"channel":"any:x","b64data":"eA=="}`:                    false,
		`{"channel":"any:x"}`:                                     false,
		`{"channel":"plain","b64data":"eA=="}`:                    false,
		`{"channel":"objects:x","data": {} }`:                     true,
		`{"channel":"objects:x","data":5}`:                        false,
		`{"channel":"objects:x","b64data":"ICB7fSAg"}`:            true,
		`{"channel":"objects:x","b64data":"e30geA=="}`:            false,
		`{"channel":"bytes:x","b64data":"eA=="}`:                  true,
		`{"channel":"bytes:x"}`:                                   true,
		`{"channel":"objects:x","data":{"a":1},"b64data":"W10="}`: false,
	} {
		answer := node.api(t, "publish", body)
		if _, ok := answer["result"]; ok != accepted {
			t.Errorf("%s: %v", body, answer)
		}
	}
}

func TestAPIIdempotencyKey(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	checkIdempotency(t, node, node)
}

// checkIdempotency publishes with the same key through two nodes that share an engine, which may be the same one.
func checkIdempotency(t *testing.T, first, second *node) {
	t.Helper()
	original := first.api(t, "publish", `{"channel":"chat:x","data":{"n":1},"idempotency_key":"k"}`)
	again := second.api(t, "publish", `{"channel":"chat:x","data":{"n":2},"idempotency_key":"k"}`)
	wantJSON(t, again, string(encode(t, original)))
	elsewhere := second.result(t, "publish", `{"channel":"chat:y","data":{"n":3},"idempotency_key":"k"}`)
	if elsewhere["offset"] != 1.0 {
		t.Fatalf("another channel: %v", elsewhere)
	}
	batch := second.api(t, "batch", `{"commands":[{"publish":{"channel":"chat:x","data":{"n":4},"idempotency_key":"l"}},
		{"publish":{"channel":"chat:x","data":{"n":5},"idempotency_key":"l"}}]}`)
	replies := batch["replies"].([]any)
	wantJSON(t, replies[1], string(encode(t, replies[0])))
	history := first.result(t, "history", `{"channel":"chat:x","limit":-1}`)
	wantJSON(t, history["publications"], `[{"data":{"n":1},"offset":1},{"data":{"n":4},"offset":2}]`)
}

func TestAPIVersion(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	for _, version := range []int{2, 1, 2, 3} {
		node.api(t, "publish", fmt.Sprintf(`{"channel":"chat:x","data":{"v":%d},"version":%d}`, version, version))
	}
	history := node.result(t, "history", `{"channel":"chat:x","limit":-1}`)
	wantJSON(t, history["publications"], `[{"data":{"v":2},"offset":1},{"data":{"v":3},"offset":2}]`)
}

func TestAPIBroadcast(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	answer := node.api(t, "broadcast", `{"channels":["chat:a","","nowhere:b","plain","chat:c"],"data":{"n":1},"tags":{"t":"1"}}`)
	responses := answer["result"].(message)["responses"].([]any)
	for _, index := range []int{0, 4} {
		result := responses[index].(message)["result"].(message)
		delete(result, "epoch")
		wantJSON(t, result, `{"offset":1}`)
	}
	wantJSON(t, responses[1:4], `[{"error":{"code":107,"message":"bad request"}},
		{"error":{"code":102,"message":"unknown channel"}},{"result":{}}]`)
	history := node.result(t, "history", `{"channel":"chat:c","limit":-1}`)
	wantJSON(t, history["publications"], `[{"data":{"n":1},"offset":1,"tags":{"t":"1"}}]`)
}

func TestAPIHistory(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	untouched := node.result(t, "history", `{"channel":"chat:new"}`)
	again := node.result(t, "history", `{"channel":"chat:new"}`)
	wantJSON(t, untouched["publications"], `[]`)
	if untouched["offset"] != 0.0 || untouched["epoch"] == "" || untouched["epoch"] != again["epoch"] {
		t.Fatalf("got %v, then %v", untouched, again)
	}
	top := node.publishMany(t, "chat:x", 5)
	since := func(offset int, more string) string {
		return fmt.Sprintf(`{"channel":"chat:x","since":{"offset":%d,"epoch":%q}%s}`, offset, top.epoch, more)
	}
	for body, want := range map[string]string{
		`{"channel":"chat:x"}`:                          `[]`,
		`{"channel":"chat:x","limit":1}`:                `[1]`,
		`{"channel":"chat:x","limit":-1}`:               `[1,2,3,4,5]`,
		`{"channel":"chat:x","limit":2,"reverse":true}`: `[5,4]`,
		since(3, `,"limit":-1`):                         `[4,5]`,
		since(3, `,"limit":1`):                          `[4]`,
		since(3, `,"limit":-1,"reverse":true`):          `[2,1]`,
		since(5, `,"limit":-1`):                         `[]`,
		since(9, `,"limit":-1`):                         `[]`,
		since(3, ``):                                    `[]`,
	} {
		result := node.result(t, "history", body)
		offsets := []any{}
		for _, publication := range result["publications"].([]any) {
			offsets = append(offsets, publication.(message)["offset"])
		}
		if string(encode(t, offsets)) != want || result["offset"] != top.offset || result["epoch"] != top.epoch {
			t.Errorf("%s: got %s at %v %v", body, encode(t, offsets), result["offset"], result["epoch"])
		}
	}
	wantJSON(t, node.api(t, "history_remove", `{"channel":"chat:x"}`), `{"result":{}}`)
	wantJSON(t, node.api(t, "history", `{"channel":"chat:x","limit":-1}`),
		fmt.Sprintf(`{"result":{"publications":[],"offset":5,"epoch":%q}}`, top.epoch))
}
