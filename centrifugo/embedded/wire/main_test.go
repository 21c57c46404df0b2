// Package wire tests a Centrifugo server from outside: a real process, real sockets, an application that answers as
// told. It tests the embedded node, which it builds, or the binary that CENTRIFUGO_BINARY names. A difference between
// the two is a bug of the embedded node, unless the test says that the node is stricter on purpose.
package wire

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var (
	// binary is the server under test.
	binary = os.Getenv("CENTRIFUGO_BINARY")
	// isEmbedded tells whether it is the embedded node.
	isEmbedded = binary == ""
)

func TestMain(main *testing.M) {
	flag.Parse()
	// The tests wait more than they work, so more of them than there are processors can do so at once.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(run(main))
}

func run(main *testing.M) int {
	if isEmbedded {
		directory, err := os.MkdirTemp("", "embedded-node-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(directory)
		binary = filepath.Join(directory, "node")
		// The flags of every other build, so that they share what is compiled already.
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "..")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "the embedded node cannot be built: %v\n%s", err, output)
			return 1
		}
	}
	return main.Run()
}

// lookAtWhatIsTested makes Go run these tests again when the node has changed, or another server is to be tested: it
// reuses their result only as long as the files and variables that tests look at, once they run, are the same.
var lookAtWhatIsTested = sync.OnceValue(func() error {
	_ = os.Getenv("CENTRIFUGO_BINARY")
	return filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	})
})
