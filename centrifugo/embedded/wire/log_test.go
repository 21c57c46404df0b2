package wire

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLogIsOneObjectPerLine(t *testing.T) {
	t.Parallel()
	node := startNode(t, startApplication(t), variables{"LOG_LEVEL": "trace"})
	socket, _ := node.connect(t, script{})
	socket.rpc("chat:x", script{Status: 500})
	node.terminate(t)
	node.waitForExit(t)
	levels := map[string]bool{}
	for line := range strings.Lines(node.output.String()) {
		var entry struct{ Level, Time, Message string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if entry.Level == "" || entry.Time == "" || entry.Message == "" {
			t.Fatalf("something is missing in %s", line)
		}
		levels[entry.Level] = true
	}
	for _, level := range []string{"trace", "info", "error"} {
		if !levels[level] {
			t.Errorf("nothing of level %s", level)
		}
	}
	if strings.Contains(node.output.String(), proxySecret) || strings.Contains(node.output.String(), apiKey) {
		t.Error("the log holds a secret")
	}
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]bool{"none": false, "error": false, "warn": false, "INFO": true, "loud": true} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			node := startNode(t, startApplication(t), variables{"LOG_LEVEL": level})
			if got := strings.Contains(node.output.String(), `"level":"info"`); got != want {
				t.Errorf("info is logged: %v\n%s", got, node.output)
			}
		})
	}
}
