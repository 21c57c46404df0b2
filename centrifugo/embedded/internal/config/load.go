package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
)

// Load reads the file at path, lets the variables of environ ("NAME=value") override it, fills in defaults and checks
// the result. Errors are one sentence and name the key or the variable.
func Load(path string, environ []string) (*Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no configuration file %s", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	return Parse(text, environ)
}

// Parse is Load for a text that was read already.
func Parse(text []byte, environ []string) (*Config, error) {
	loader := &loader{environment: map[string]string{}, known: map[string]bool{}}
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		loader.environment[name] = value
	}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, fmt.Errorf("the configuration is not JSON: %w", err)
	}
	config := &Config{}
	section := reflect.ValueOf(config).Elem()
	if err := loader.decode(whole, section, ""); err != nil {
		return nil, err
	}
	if err := loader.override(section, variablePrefix); err != nil {
		return nil, err
	}
	if err := loader.refuseUnknown(); err != nil {
		return nil, err
	}
	if err := loader.fillDefaults(section); err != nil {
		return nil, err
	}
	if err := config.validate(); err != nil {
		return nil, err
	}
	return config, nil
}

// fillDefaults gives everything that is still zero its default, so zero cannot be chosen where there is one.
func (l *loader) fillDefaults(section reflect.Value) error {
	for _, field := range fieldsOf(section) {
		switch {
		case isSection(field.value):
			if err := l.fillDefaults(field.value); err != nil {
				return err
			}
		case isList(field.value):
			for index := range field.value.Len() {
				if err := l.fillDefaults(field.value.Index(index)); err != nil {
					return err
				}
			}
		case field.fallback != "" && isZero(field.value):
			if err := l.setFromText(field.value, field.fallback); err != nil {
				return err
			}
		}
	}
	return nil
}

func isZero(value reflect.Value) bool {
	return value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0
}
