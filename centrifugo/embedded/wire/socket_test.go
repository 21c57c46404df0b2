package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// message is a frame's object: a command to the server, a reply or a push from it.
type message = map[string]any

// socket is a client's connection that speaks the JSON protocol as it is.
type socket struct {
	t          *testing.T
	connection *websocket.Conn
	incoming   chan message
	closed     chan struct{}
	closeError error
	lastID     float64
	pushes     []message
	// writing guards the connection: the reader writes pongs while the test writes commands.
	writing sync.Mutex
	// mute makes the reader keep its pongs to itself.
	mute atomic.Bool
}

// open opens a connection without saying anything on it.
func (n *node) open(t *testing.T, headers http.Header) *socket {
	t.Helper()
	connection, response, err := n.dial(headers)
	if err != nil {
		t.Fatalf("no WebSocket: %v (%v)", err, response)
	}
	socket := &socket{
		t: t, connection: connection, incoming: make(chan message, 4096), closed: make(chan struct{}),
	}
	go socket.read()
	t.Cleanup(func() {
		_ = connection.Close()
		<-socket.closed
	})
	return socket
}

func (n *node) dial(headers http.Header) (*websocket.Conn, *http.Response, error) {
	return websocket.DefaultDialer.Dial("ws://127.0.0.1:"+n.port+"/connection/websocket", headers)
}

// connect opens a connection and connects with a script as data; it returns the connect result, too.
func (n *node) connect(t *testing.T, script script) (*socket, message) {
	t.Helper()
	socket := n.open(t, nil)
	reply := socket.call(message{"connect": message{"data": script}})
	result, ok := reply["connect"].(message)
	if !ok {
		t.Fatalf("not connected: %v", reply)
	}
	return socket, result
}

// read takes frames apart, answers pings and passes the rest on.
func (s *socket) read() {
	defer close(s.closed)
	for {
		_, frame, err := s.connection.ReadMessage()
		if err != nil {
			s.closeError = err
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(frame))
		for decoder.More() {
			var received message
			if err := decoder.Decode(&received); err != nil {
				s.closeError = err
				return
			}
			if len(received) > 0 {
				s.incoming <- received
			} else if !s.mute.Load() {
				_ = s.write("{}")
			}
		}
	}
}

// send writes a command and returns its id.
func (s *socket) send(command message) float64 {
	s.t.Helper()
	s.lastID++
	command["id"] = s.lastID
	s.sendRaw(string(encode(s.t, command)))
	return s.lastID
}

func (s *socket) sendRaw(text string) {
	s.t.Helper()
	if err := s.write(text); err != nil {
		s.t.Fatalf("cannot send: %v", err)
	}
}

func (s *socket) write(text string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.connection.WriteMessage(websocket.TextMessage, []byte(text))
}

// call sends a command and waits for its reply; pushes that come first are kept.
func (s *socket) call(command message) message {
	s.t.Helper()
	return s.reply(s.send(command))
}

func (s *socket) reply(id float64) message {
	s.t.Helper()
	for {
		received := s.next()
		if received["id"] == id {
			delete(received, "id")
			return received
		}
		s.pushes = append(s.pushes, received)
	}
}

// push waits for the next push.
func (s *socket) push() message {
	s.t.Helper()
	for {
		var received message
		if len(s.pushes) > 0 {
			received, s.pushes = s.pushes[0], s.pushes[1:]
		} else {
			received = s.next()
		}
		if push, ok := received["push"].(message); ok {
			return push
		}
	}
}

// publication waits for the next push, which must be a publication, and leaves its epoch out: the first of a stream
// carries one, whatever it is.
func (s *socket) publication() message {
	s.t.Helper()
	push := s.push()
	publication, ok := push["pub"].(message)
	if !ok {
		s.t.Fatalf("not a publication: %v", push)
	}
	delete(publication, "epoch")
	return push
}

func (s *socket) next() message {
	s.t.Helper()
	select {
	case received := <-s.incoming:
		return received
	case <-time.After(patience):
		s.t.Fatal("nothing comes")
	case <-s.closed:
		// What came before the end counts.
		select {
		case received := <-s.incoming:
			return received
		default:
			s.t.Fatalf("the connection is closed: %v", s.closeError)
		}
	}
	return nil
}

// closeCode waits for the end of the connection and returns its code and reason; 1006 means that there was no code.
func (s *socket) closeCode() (int, string) {
	s.t.Helper()
	select {
	case <-s.closed:
	case <-time.After(patience):
		s.t.Fatal("the connection is not closed")
	}
	var closed *websocket.CloseError
	if errors.As(s.closeError, &closed) {
		return closed.Code, closed.Text
	}
	return websocket.CloseAbnormalClosure, ""
}

func (s *socket) wantClose(code int) {
	s.t.Helper()
	if got, reason := s.closeCode(); got != code {
		s.t.Fatalf("closed with %d %q, want %d", got, reason, code)
	}
}

func (s *socket) rpc(method string, data any) message {
	s.t.Helper()
	return s.call(message{"rpc": message{"method": method, "data": data}})
}

func (s *socket) subscribe(channel string) message {
	s.t.Helper()
	return s.call(message{"subscribe": message{"channel": channel}})
}
