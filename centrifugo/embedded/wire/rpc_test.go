package wire

import (
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

func TestRPCAnswers(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	tests := []struct {
		name   string
		script script
		close  int
		reply  string
	}{
		{"data", script{Body: `{"result":{"data":{"a":[1,"ü","<&>"]}}}`}, 0, `{"rpc":{"data":{"a":[1,"ü","<&>"]}}}`},
		{"null as data", script{Body: `{"result":{"data":null}}`}, 0, `{"rpc":{"data":null}}`},
		{"Base64 data", script{Body: `{"result":{"b64data":"MQ=="}}`}, 0, `{"rpc":{"data":1}}`},
		{"no Base64", script{Body: `{"result":{"b64data":"%"}}`}, 0, temporary},
		{"nothing is success", script{Body: `{}`}, 0, `{"rpc":{}}`},
		{"null is success", script{Body: `null`}, 0, `{"rpc":{}}`},
		{"an empty result is success", script{Body: `{"result":{}}`}, 0, `{"rpc":{}}`},
		{"data beside the result is not seen", script{Body: `{"data":{"a":1}}`}, 0, `{"rpc":{}}`},
		{"an error", script{Body: `{"error":{"code":1400,"message":"no","temporary":true}}`}, 0,
			`{"error":{"code":1400,"message":"no","temporary":true}}`},
		{"an error beside a result", script{Body: `{"error":{"code":1400,"message":"no"},"result":{"data":1}}`}, 0,
			`{"error":{"code":1400,"message":"no"}}`},
		{"a long message", script{Body: `{"error":{"code":1400,"message":"` + strings.Repeat("ü", 500) + `"}}`}, 0,
			`{"error":{"code":1400,"message":"` + strings.Repeat("ü", 500) + `"}}`},
		{"a disconnect", script{Body: `{"disconnect":{"code":4000,"reason":"again"}}`}, 4000, ""},
		{"a final disconnect", script{Body: `{"disconnect":{"code":4501,"reason":"gone"}}`}, 4501, ""},
		{"a disconnect beside an error", script{Body: `{"disconnect":{"code":4501},"error":{"code":1}}`}, 4501, ""},
		{"status 401", script{Status: 401, Body: `{}`}, 0, temporary},
		{"status 204", script{Status: 204}, 0, temporary},
		{"HTML", script{Body: `<h1>`}, 0, temporary},
		{"a text as error", script{Body: `{"error":"no"}`}, 0, temporary},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			socket, _ := node.connect(t, script{})
			id := socket.send(message{"rpc": message{"method": "chat:x", "data": test.script}})
			if test.close != 0 {
				socket.wantClose(test.close)
				return
			}
			wantJSON(t, socket.reply(id), test.reply)
		})
	}
}

func TestRPCRequest(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, nil)
	socket, result := node.connect(t, script{User: "u7"})
	socket.rpc("chat:a:b", message{"text": "hi"})
	question := application.waitFor(t, "rpc", 1)[0]
	if question.body["client"] != result["client"] {
		t.Fatalf("another client: %v", question.body)
	}
	delete(question.body, "client")
	wantJSON(t, question.body, `{"transport":"websocket","protocol":"json","encoding":"json","user":"u7",
		"method":"chat:a:b","data":{"text":"hi"},"meta":{"user":"u7"}}`)
}

func TestRPCRequestKeepsNullAndAnonymousUser(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"RPC_WITHOUT_NAMESPACE_PROXY_ENABLED": "true"})
	socket, _ := node.connect(t, script{Body: `{"result":{}}`})
	socket.sendRaw(`{"id":50,"rpc":{"data":null}}`)
	socket.reply(50)
	question := application.waitFor(t, "rpc", 1)[0]
	delete(question.body, "client")
	wantJSON(t, question.body, `{"transport":"websocket","protocol":"json","encoding":"json","user":"","data":null}`)
}

func TestRPCWithoutMetaWhenNotAskedFor(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"RPC_NAMESPACES": `[{"name":"chat","proxy_enabled":true,"proxy_name":"bare"}]`,
		"PROXIES": `[{"name":"bare","endpoint":"` + application.server.URL + `/rpc"}]`})
	socket, _ := node.connect(t, script{User: "u7"})
	wantJSON(t, socket.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
	if _, included := application.waitFor(t, "rpc", 1)[0].body["meta"]; included {
		t.Fatal("meta is included")
	}
}

func TestRPCMethods(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), nil)
	socket, _ := node.connect(t, script{})
	for method, code := range map[string]float64{
		"other:x": 104, "chat": 108, "": 108, ":x": 108, "CHAT:x": 104,
	} {
		wantError(t, socket.rpc(method, 1), code)
	}
	wantJSON(t, socket.rpc("chat:", 1), `{"rpc":{"data":{"got":1}}}`)
}

func TestRPCWithoutAnyProxy(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"RPC_NAMESPACES": `[{"name":"chat","proxy_enabled":false}]`})
	socket, _ := node.connect(t, script{})
	wantError(t, socket.rpc("other:x", 1), 108)
	wantError(t, socket.rpc("chat:x", 1), 108)
}

func TestRPCTimesOut(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	node := startNode(t, application, variables{"RPC_PROXY_TIMEOUT": "100ms"})
	socket, _ := node.connect(t, script{})
	wantJSON(t, socket.rpc("chat:x", script{Hold: true}), temporary)
	wantJSON(t, socket.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
	application.questions("rpc")[0].wantGivenUp(t)
}

// A backend that closes idle connections at the wrong moment costs nothing: the static header Idempotency-Key lets the
// server's client send the request again.
func TestRPCSurvivesClosedKeepAliveConnections(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	proxy := closeEverySecondRequest(t, application.server.Listener.Addr().String())
	node := startNode(t, application, variables{"RPC_PROXY_ENDPOINT": "http://" + proxy.address + "/rpc"})
	socket, _ := node.connect(t, script{})
	for index := range 10 {
		wantJSON(t, socket.rpc("chat:x", index), string(encode(t, message{"rpc": message{"data": message{"got": index}}})))
	}
	if proxy.cut.Load() == 0 {
		t.Fatal("no connection was cut, so nothing was tested")
	}
	if key := application.questions("rpc")[0].headers.Get("Idempotency-Key"); key == "" {
		t.Fatal("no Idempotency-Key")
	}
}

// cutter passes connections on and cuts each of them when a second request arrives on it.
type cutter struct {
	address string
	cut     atomic.Int64
}

func closeEverySecondRequest(t *testing.T, target string) *cutter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	cutter := &cutter{address: listener.Addr().String()}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go cutter.pass(connection, target)
		}
	}()
	return cutter
}

func (c *cutter) pass(connection net.Conn, target string) {
	defer connection.Close()
	upstream, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer upstream.Close()
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			count, err := upstream.Read(buffer)
			if err != nil {
				return
			}
			_, _ = connection.Write(buffer[:count])
		}
	}()
	buffer := make([]byte, 64<<10)
	for first := true; ; first = false {
		count, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if !first && strings.HasPrefix(string(buffer[:count]), http.MethodPost) {
			c.cut.Add(1)
			return
		}
		_, _ = upstream.Write(buffer[:count])
	}
}
