// Package logging writes one JSON object per line, as Centrifugo does.
package logging

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"github.com/centrifugal/centrifuge"
)

const levelTrace = slog.LevelDebug - 4

// Logger writes for this program and for the library.
type Logger struct {
	*slog.Logger
	level string
}

// New returns a logger for one of Centrifugo's levels; a name that is none of them means info.
func New(writer io.Writer, level string) *Logger {
	level = strings.ToLower(level)
	if level == "none" {
		return &Logger{slog.New(slog.DiscardHandler), level}
	}
	options := &slog.HandlerOptions{Level: slogLevel(level), ReplaceAttr: centrifugoNames}
	return &Logger{slog.New(slog.NewJSONHandler(writer, options)), level}
}

func slogLevel(level string) slog.Level {
	switch level {
	case "trace":
		return levelTrace
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error", "fatal":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// centrifugoNames gives the fields of every line the names that they have in Centrifugo's log.
func centrifugoNames(_ []string, attribute slog.Attr) slog.Attr {
	switch attribute.Key {
	case slog.MessageKey:
		attribute.Key = "message"
	case slog.LevelKey:
		if attribute.Value.Any() == levelTrace {
			return slog.String(slog.LevelKey, "trace")
		}
		return slog.String(slog.LevelKey, strings.ToLower(attribute.Value.String()))
	}
	return attribute
}

// LibraryLevel returns how much the library should report.
func (l *Logger) LibraryLevel() centrifuge.LogLevel {
	switch l.level {
	case "none":
		return centrifuge.LogLevelNone
	case "trace":
		return centrifuge.LogLevelTrace
	case "debug":
		return centrifuge.LogLevelDebug
	case "warn":
		return centrifuge.LogLevelWarn
	case "error", "fatal":
		return centrifuge.LogLevelError
	default:
		return centrifuge.LogLevelInfo
	}
}

// HandleLibrary writes what the library reports.
func (l *Logger) HandleLibrary(entry centrifuge.LogEntry) {
	var attributes []any
	for name, value := range entry.Fields {
		attributes = append(attributes, name, value)
	}
	l.Log(context.Background(), slogLevel(centrifuge.LogLevelToString(entry.Level)), entry.Message, attributes...)
}
