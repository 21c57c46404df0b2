package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics counts and times commands, under the names that Centrifugo uses.
type Metrics struct {
	duration *prometheus.HistogramVec
	errors   *prometheus.CounterVec
}

// NewMetrics registers the metrics.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	factory := promauto.With(registerer)
	return &Metrics{
		duration: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: "centrifugo_api_command_duration_seconds_histogram", Help: "Duration of API commands."},
			[]string{"protocol", "method"}),
		errors: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "centrifugo_api_command_errors_total", Help: "API commands that failed."},
			[]string{"protocol", "method", "error"}),
	}
}

func (m *Metrics) observe(command string, duration time.Duration, failure *Error) {
	m.duration.WithLabelValues("http", command).Observe(duration.Seconds())
	if failure != nil {
		m.errors.WithLabelValues("http", command, strconv.FormatUint(uint64(failure.Code), 10)).Inc()
	}
}
