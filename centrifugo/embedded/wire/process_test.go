package wire

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// patience bounds every wait for something that must happen.
	patience = 10 * time.Second
	// glance is how often a condition is looked at that nobody announces.
	glance = 5 * time.Millisecond

	// killedBySignal is the exit code of a process that a signal ended.
	killedBySignal = -1

	shippedConfig = "../../config.json"
	apiKey        = "key-for-tests"
	proxySecret   = "secret-for-tests"
)

// variables are environment variables without their prefix CENTRIFUGO_.
type variables map[string]string

// node is a running server.
type node struct {
	port, internalPort string
	process            *exec.Cmd
	output             *output
	ended              chan struct{}
	exitError          error
	// seenEnd tells that the test waited for the end of the process.
	seenEnd bool
}

// output collects what a process writes.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// startNode runs a server with the shipped configuration, an application behind it and what the variables change. It
// is stopped at the end of the test.
func startNode(t *testing.T, application *application, changes variables) *node {
	t.Helper()
	return start(t, []string{"-c", shippedConfig}, application, changes)
}

// startNodeWith is startNode with another configuration file.
func startNodeWith(t *testing.T, configuration string, application *application) *node {
	t.Helper()
	return start(t, []string{"-c", writeFile(t, configuration)}, application, nil)
}

// start starts a server with a command line; it tries again when somebody else took its port in the meantime.
func start(t *testing.T, arguments []string, application *application, changes variables) *node {
	t.Helper()
	for attempt := range 3 {
		node := launchWith(t, arguments, withDefaults(t, application, changes))
		if node.isReady(t) {
			t.Cleanup(func() { node.stop(t) })
			return node
		}
		if attempt == 2 || !strings.Contains(node.output.String(), "address already in use") {
			t.Fatalf("the server does not start: %v\n%s", node.exitError, node.output)
		}
	}
	return nil
}

// withDefaults says what differs from the shipped configuration in every test.
func withDefaults(t *testing.T, application *application, changes variables) variables {
	t.Helper()
	all := variables{
		"HEALTH_ENABLED":            "true",
		"HTTP_SERVER_ADDRESS":       "127.0.0.1",
		"HTTP_SERVER_PORT":          freePort(t),
		"HTTP_SERVER_INTERNAL_PORT": freePort(t),
		"HTTP_API_KEY":              apiKey,
		"VAR_PROXY_SECRET":          proxySecret,
		"LOG_LEVEL":                 "info",
	}
	if application != nil {
		for proxy, path := range map[string]string{
			"CLIENT_PROXY_CONNECT": "/connect", "CLIENT_PROXY_REFRESH": "/refresh", "RPC_PROXY": "/rpc",
			"CHANNEL_PROXY_SUBSCRIBE": "/subscribe", "CHANNEL_PROXY_SUB_REFRESH": "/sub_refresh",
		} {
			all[proxy+"_ENDPOINT"] = application.server.URL + path
		}
	}
	for name, value := range changes {
		all[name] = value
	}
	return all
}

// launch starts a process with a configuration file and does not wait for anything.
func launch(t *testing.T, path string, environment variables) *node {
	t.Helper()
	return launchWith(t, []string{"-c", path}, environment)
}

func launchWith(t *testing.T, arguments []string, environment variables) *node {
	t.Helper()
	if err := lookAtWhatIsTested(); err != nil {
		t.Fatal(err)
	}
	node := &node{
		port: environment["HTTP_SERVER_PORT"], internalPort: environment["HTTP_SERVER_INTERNAL_PORT"],
		process: exec.Command(binary, arguments...), output: &output{}, ended: make(chan struct{}),
	}
	// Nothing of the environment of the tests reaches the server.
	node.process.Env = []string{"HOME=" + t.TempDir()}
	for name, value := range environment {
		node.process.Env = append(node.process.Env, "CENTRIFUGO_"+name+"="+value)
	}
	if node.internalPort == "" {
		node.internalPort = node.port
	}
	node.process.Stdout, node.process.Stderr = node.output, node.output
	if err := node.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		node.exitError = node.process.Wait()
		close(node.ended)
	}()
	t.Cleanup(func() {
		_ = node.process.Process.Kill()
		<-node.ended
	})
	return node
}

// isReady waits until the server answers; false means that it ended instead.
func (n *node) isReady(t *testing.T) bool {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if n.answers(n.internalURL("/health"), http.StatusOK) &&
			n.answers(n.externalURL("/connection/websocket"), http.StatusBadRequest) {
			return true
		}
		select {
		case <-n.ended:
			return false
		case <-time.After(glance):
		}
	}
	t.Fatalf("the server does not become ready\n%s", n.output)
	return false
}

func (n *node) answers(url string, status int) bool {
	response, err := http.Get(url)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == status
}

// stop ends the server as an operator would, and checks that it ends well; a test that saw it end has done so itself.
func (n *node) stop(t *testing.T) {
	t.Helper()
	if n.seenEnd {
		return
	}
	n.terminate(t)
	n.wantExit(t, 0)
}

// wantExit waits for the end of the process and checks its exit code.
func (n *node) wantExit(t *testing.T, want int) {
	t.Helper()
	switch code := n.waitForExit(t); {
	case code == killedBySignal && !isEmbedded:
		t.Log("NOT TESTED: the exit code; Centrifugo serves before it listens to signals, and died of one in between")
	case code != want:
		t.Errorf("exit code %d, want %d\n%s", code, want, n.output)
	}
}

func (n *node) waitForExit(t *testing.T) int {
	t.Helper()
	n.seenEnd = true
	select {
	case <-n.ended:
	case <-time.After(patience):
		t.Fatalf("the server does not end\n%s", n.output)
	}
	var exit *exec.ExitError
	if errors.As(n.exitError, &exit) {
		return exit.ExitCode()
	}
	return 0
}

func (n *node) internalURL(path string) string { return "http://127.0.0.1:" + n.internalPort + path }

func (n *node) externalURL(path string) string { return "http://127.0.0.1:" + n.port + path }

// writeFile writes a configuration and returns where.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// freePort returns a port that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
