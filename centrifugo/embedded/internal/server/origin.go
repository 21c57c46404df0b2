package server

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/gobwas/glob"
)

// originCheck returns what decides whether a page may open connections. Whatever is no browser sends no Origin and
// passes; without patterns no page does.
func originCheck(patterns []string, log *slog.Logger) func(*http.Request) bool {
	if len(patterns) == 1 && patterns[0] == "*" {
		return func(*http.Request) bool { return true }
	}
	var matchers []glob.Glob
	for _, pattern := range patterns {
		// The configuration has been checked: every pattern compiles, in small letters.
		matchers = append(matchers, glob.MustCompile(strings.ToLower(pattern)))
	}
	return func(request *http.Request) bool {
		origin := request.Header.Get("Origin")
		if origin == "" {
			return true
		}
		for _, matcher := range matchers {
			if matcher.Match(strings.ToLower(origin)) {
				return true
			}
		}
		log.Info("origin is not allowed", "origin", origin, "allowed_origins", patterns)
		return false
	}
}
