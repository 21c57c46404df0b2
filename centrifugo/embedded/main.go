// Command embedded stands in for Centrifugo on a desk, in a demo and in tests. It reads Centrifugo's configuration.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"onesocket/embedded/internal/config"
	"onesocket/embedded/internal/logging"
	"onesocket/embedded/internal/server"
)

func main() {
	path := flag.String("config", "config.json", "the configuration `file`")
	flag.StringVar(path, "c", *path, "the configuration `file`")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "embedded Centrifugo node: it takes no arguments but -c FILE, so not %q\n", flag.Arg(0))
		os.Exit(1)
	}
	if err := run(*path); err != nil {
		fmt.Fprintf(os.Stderr, "embedded Centrifugo node: %v\n", err)
		os.Exit(1)
	}
}

func run(path string) error {
	configuration, err := config.Load(path, os.Environ())
	if err != nil {
		return err
	}
	// A closed terminal is no reason to stop; Centrifugo reads its configuration again then.
	signal.Ignore(syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return server.Run(ctx, configuration, logging.New(os.Stderr, configuration.Log.Level))
}
