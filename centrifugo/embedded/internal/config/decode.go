package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// loader reads a configuration; environment holds the variables by name, empty ones included.
type loader struct {
	environment map[string]string
	known       map[string]bool
}

func (l *loader) lookup(name string) (string, bool) {
	value, found := l.environment[name]
	return value, found
}

// decode reads a JSON text into a section or a value, and refuses what has no place there.
func (l *loader) decode(text []byte, into reflect.Value, path string) error {
	switch {
	case bytes.Equal(text, []byte("null")):
		return nil
	case into.Type() == headersType:
		headers, err := readHeaders(text, l.lookup)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		into.Set(reflect.ValueOf(headers))
		return nil
	case isSection(into):
		return l.decodeSection(text, into, path)
	case isList(into):
		return l.decodeList(text, into, path)
	}
	if err := json.Unmarshal(text, into.Addr().Interface()); err != nil {
		return fmt.Errorf("%s: %w", path, describe(err, into))
	}
	return nil
}

func (l *loader) decodeSection(text []byte, into reflect.Value, path string) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return fmt.Errorf("%s: want an object", cmp.Or(path, "the configuration"))
	}
	fields := map[string]field{}
	for _, field := range fieldsOf(into) {
		fields[field.key] = field
	}
	for key, value := range values {
		// Keys are not case-sensitive in Centrifugo.
		field, found := fields[strings.ToLower(key)]
		if !found {
			return fmt.Errorf("%s: this key is unknown, or the embedded node does not implement it", join(path, key))
		}
		if err := l.decode(value, field.value, join(path, key)); err != nil {
			return err
		}
	}
	return nil
}

// decodeList reads a list over the one that is there: as in Centrifugo, an item keeps what the item at its place had
// and it does not mention itself.
func (l *loader) decodeList(text []byte, into reflect.Value, path string) error {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return fmt.Errorf("%s: want a list of objects", path)
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	reflect.Copy(list, into)
	for index, item := range items {
		if err := l.decode(item, list.Index(index), fmt.Sprintf("%s[%d]", path, index)); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

// describe turns a decoder's complaint into one that a person can act on.
func describe(err error, into reflect.Value) error {
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("want %s, not a %s", kindOf(into), mismatch.Value)
	}
	return err
}

func kindOf(value reflect.Value) string {
	if _, ok := asText(value); ok {
		return `a duration like "10s"`
	}
	switch value.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list of strings"
	default:
		return "a string"
	}
}
