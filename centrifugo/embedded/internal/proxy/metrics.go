package proxy

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics counts and times the calls of all proxies, under the names that Centrifugo uses.
type Metrics struct {
	duration *prometheus.HistogramVec
	errors   *prometheus.CounterVec
	inflight *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	factory := promauto.With(registerer)
	labels := []string{"protocol", "type", "name"}
	return &Metrics{
		duration: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: "centrifugo_proxy_duration_seconds_histogram", Help: "Duration of proxy calls."}, labels),
		errors: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "centrifugo_proxy_errors", Help: "Proxy calls without an answer."}, labels),
		inflight: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "centrifugo_proxy_inflight_requests", Help: "Proxy calls under way."}, labels),
	}
}

// observer is the metrics of one proxy.
type observer struct {
	duration prometheus.Observer
	errors   prometheus.Counter
	inflight prometheus.Gauge
}

func (m *Metrics) of(kind, name string) observer {
	return observer{
		duration: m.duration.WithLabelValues("http", kind, name),
		errors:   m.errors.WithLabelValues("http", kind, name),
		inflight: m.inflight.WithLabelValues("http", kind, name),
	}
}
