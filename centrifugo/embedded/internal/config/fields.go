package config

import (
	"encoding"
	"reflect"
	"strings"
)

var (
	headersType = reflect.TypeFor[Headers]()
	stringsType = reflect.TypeFor[[]string]()
)

// field is one key of a configuration section.
type field struct {
	key      string
	fallback string
	value    reflect.Value
}

// fieldsOf lists the keys of a section; those of embedded sections count as its own.
func fieldsOf(section reflect.Value) []field {
	var fields []field
	for index := range section.NumField() {
		description := section.Type().Field(index)
		key := description.Tag.Get("json")
		switch {
		case description.Anonymous:
			fields = append(fields, fieldsOf(section.Field(index))...)
		case key != "-":
			fields = append(fields, field{key, description.Tag.Get("default"), section.Field(index)})
		}
	}
	return fields
}

// isSection tells whether a value holds further keys, rather than being read as a whole.
func isSection(value reflect.Value) bool { return value.Kind() == reflect.Struct }

// isList tells whether a value is a list of sections.
func isList(value reflect.Value) bool {
	return value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct
}

// asText returns the reader of a value that brings its own, such as Duration.
func asText(value reflect.Value) (encoding.TextUnmarshaler, bool) {
	reader, ok := value.Addr().Interface().(encoding.TextUnmarshaler)
	return reader, ok
}

// join appends a key to the path of its section.
func join(path, key string) string {
	return strings.TrimPrefix(path+"."+key, ".")
}
