package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Duration is a span of time that is written like "300ms", "10s" or "720h".
type Duration time.Duration

// UnmarshalText reads the written form.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New(`want a duration like "10s"`)
	}
	*d = Duration(parsed)
	return nil
}

// String writes the duration as messages show it.
func (d Duration) String() string { return time.Duration(d).String() }

// Headers are HTTP headers by name.
type Headers map[string]string

var variableReference = regexp.MustCompile(`\$\{(CENTRIFUGO_VAR_[^}]+)\}`)

// readHeaders reads a JSON object of headers and puts the values of variables in the place of ${CENTRIFUGO_VAR_…}.
func readHeaders(text []byte, lookup func(string) (string, bool)) (Headers, error) {
	var headers Headers
	if err := json.Unmarshal(text, &headers); err != nil {
		return nil, errors.New("want an object of strings")
	}
	for name, value := range headers {
		for _, match := range variableReference.FindAllStringSubmatch(value, -1) {
			if _, found := lookup(match[1]); !found {
				return nil, fmt.Errorf("the environment variable %s is not set", match[1])
			}
		}
		headers[name] = variableReference.ReplaceAllStringFunc(value, func(reference string) string {
			replacement, _ := lookup(variableReference.FindStringSubmatch(reference)[1])
			return replacement
		})
	}
	return headers, nil
}
