package wire

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

// redis is a private server that keeps nothing.
type redis struct {
	port    string
	process *exec.Cmd
}

func startRedis(t *testing.T) *redis {
	t.Helper()
	redis := &redis{port: freePort(t)}
	redis.start(t)
	t.Cleanup(redis.stop)
	return redis
}

func (r *redis) start(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("NOT TESTED: the Redis engine, because there is no redis-server on PATH")
	}
	r.process = exec.Command(path, "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", t.TempDir())
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a Redis that listens", func() bool {
		connection, err := net.Dial("tcp", "127.0.0.1:"+r.port)
		if err != nil {
			return false
		}
		return connection.Close() == nil
	})
}

func (r *redis) stop() {
	_ = r.process.Process.Kill()
	_ = r.process.Wait()
}

func (r *redis) variables(more variables) variables {
	all := variables{"ENGINE_TYPE": "redis", "ENGINE_REDIS_ADDRESS": "redis://127.0.0.1:" + r.port + "/0"}
	for name, value := range more {
		all[name] = value
	}
	return all
}

func TestRedisJoinsNodes(t *testing.T) {
	t.Parallel()
	redis, application := startRedis(t), startApplication(t)
	settings := redis.variables(variables{"CHANNEL_NAMESPACES": moreNamespaces})
	first := startNode(t, application, settings)
	second := startNode(t, application, settings)
	here, _ := first.connect(t, script{})
	there, connected := second.connect(t, script{})
	here.subscribe("chat:#u1")
	there.subscribe("chat:#u1")
	there.subscribe("open:x")
	first.publishMany(t, "chat:#u1", 20)
	for want := range 20 {
		for _, socket := range []*socket{here, there} {
			if offset := socket.publication()["pub"].(message)["offset"]; offset != float64(want+1) {
				t.Fatalf("offset %v, want %d", offset, want+1)
			}
		}
	}
	eventually(t, "two nodes", func() bool {
		return len(first.result(t, "info", `{}`)["nodes"].([]any)) == 2
	})
	wantJSON(t, first.api(t, "channels", `{"pattern":"chat:*"}`), `{"result":{"channels":{"chat:#u1":{"num_clients":2}}}}`)
	wantJSON(t, first.api(t, "presence_stats", `{"channel":"open:x"}`), `{"result":{"num_clients":1,"num_users":1}}`)
	first.api(t, "unsubscribe", `{"user":"u1","channel":"open:x","client":"`+connected["client"].(string)+`"}`)
	for {
		if push := there.push(); push["unsubscribe"] != nil {
			wantJSON(t, push, `{"channel":"open:x","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}`)
			break
		}
	}
	first.api(t, "disconnect", `{"user":"u1"}`)
	here.wantClose(3503)
	there.wantClose(3503)
}

func TestRedisIdempotencyAcrossNodes(t *testing.T) {
	t.Parallel()
	redis, application := startRedis(t), startApplication(t)
	checkIdempotency(t, startNode(t, application, redis.variables(nil)), startNode(t, application, redis.variables(nil)))
}

func TestRedisRemembersOverARestart(t *testing.T) {
	t.Parallel()
	redis, application := startRedis(t), startApplication(t)
	first := startNode(t, application, redis.variables(nil))
	top := first.publishMany(t, "chat:#u1", 1500)
	first.stop(t)
	second := startNode(t, application, redis.variables(nil))
	for _, test := range []struct {
		from position
		code float64
	}{
		{position{top.offset - 1000, top.epoch}, 0}, {position{top.offset - 1001, top.epoch}, 112},
		{position{top.offset + 1, top.epoch}, 112}, {position{top.offset, "other"}, 112}, {top, 0},
	} {
		socket, _ := second.connect(t, script{})
		reply := socket.recoverFrom("chat:#u1", test.from, rejectUnrecovered)
		if test.code != 0 {
			wantError(t, reply, test.code)
			continue
		}
		publications, _ := reply["subscribe"].(message)["publications"].([]any)
		if len(publications) != int(top.offset-test.from.offset) {
			t.Fatalf("from %v: %d publications", test.from, len(publications))
		}
	}
	second.api(t, "history_remove", `{"channel":"chat:#u1"}`)
	result := second.result(t, "history", `{"channel":"chat:#u1","limit":-1}`)
	if len(result["publications"].([]any)) != 0 || result["offset"] != top.offset || result["epoch"] != top.epoch {
		t.Fatalf("got %v", result)
	}
}

func TestRedisAwayWhileRunning(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	node := startNode(t, startApplication(t), redis.variables(variables{"ENGINE_REDIS_IO_TIMEOUT": "500ms"}))
	socket, _ := node.connect(t, script{})
	socket.subscribe("chat:#u1")
	redis.stop()
	const publish = `{"channel":"chat:#u1","data":{}}`
	wantJSON(t, node.api(t, "publish", publish), `{"error":{"code":100,"message":"internal server error"}}`)
	wantJSON(t, node.api(t, "history", `{"channel":"chat:#u1"}`), `{"error":{"code":100,"message":"internal server error"}}`)
	wantJSON(t, socket.rpc("chat:x", 1), `{"rpc":{"data":{"got":1}}}`)
	redis.start(t)
	eventually(t, "a publication", func() bool { return node.api(t, "publish", publish)["result"] != nil })
	// What was kept is lost, and the next publication that comes through tells: the client has to subscribe anew.
	eventually(t, "a push", func() bool {
		node.api(t, "publish", publish)
		return len(socket.incoming) > 0
	})
	push := socket.push()
	if unsubscribe, ok := push["unsubscribe"].(message); !ok || unsubscribe["code"] != 2500.0 {
		t.Fatalf("got %v", push)
	}
}

func TestRedisAwayAtStart(t *testing.T) {
	t.Parallel()
	node := launch(t, shippedConfig, withDefaults(t, nil, variables{
		"ENGINE_TYPE": "redis", "ENGINE_REDIS_ADDRESS": "redis://127.0.0.1:" + freePort(t),
	}))
	if code := node.waitForExit(t); code != 1 || !strings.Contains(node.output.String(), "connection refused") {
		t.Fatalf("exit code %d\n%s", code, node.output)
	}
}

func TestRedisPrefixesKeepNodesApart(t *testing.T) {
	t.Parallel()
	redis, application := startRedis(t), startApplication(t)
	first := startNode(t, application, redis.variables(variables{"ENGINE_REDIS_PREFIX": "one"}))
	second := startNode(t, application, redis.variables(variables{"ENGINE_REDIS_PREFIX": "two"}))
	first.publishMany(t, "chat:x", 3)
	if offset := second.result(t, "history", `{"channel":"chat:x"}`)["offset"]; offset != 0.0 {
		t.Fatalf("offset %v", offset)
	}
}
