package wire

import (
	"syscall"
	"testing"
)

func (n *node) terminate(t *testing.T) { n.signal(t, syscall.SIGTERM) }

func (n *node) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	select {
	case <-n.ended:
		return
	default:
	}
	if err := n.process.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
