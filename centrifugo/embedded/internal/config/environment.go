package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	variablePrefix = "CENTRIFUGO"
	// References in header values use these names; they are no settings themselves.
	referencePrefix = "CENTRIFUGO_VAR_"
)

// override lets the environment have its say about a section: its variables are the prefix and the key in capitals.
func (l *loader) override(section reflect.Value, prefix string) error {
	for _, field := range fieldsOf(section) {
		name := prefix + "_" + strings.ToUpper(field.key)
		if isSection(field.value) {
			if err := l.override(field.value, name); err != nil {
				return err
			}
			continue
		}
		l.known[name] = true
		if text := l.environment[name]; text != "" {
			if err := l.setFromText(field.value, text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if isList(field.value) {
			if err := l.overrideItems(field.value, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// overrideItems applies the variables of single items, which carry the item's name.
func (l *loader) overrideItems(list reflect.Value, prefix string) error {
	for index := range list.Len() {
		item := list.Index(index)
		name := strings.NewReplacer("-", "_", ".", "_").Replace(item.FieldByName("Name").String())
		if err := l.override(item, prefix+"_"+strings.ToUpper(name)); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) setFromText(value reflect.Value, text string) error {
	if reader, ok := asText(value); ok {
		return reader.UnmarshalText([]byte(text))
	}
	switch {
	case value.Type() == headersType:
		headers, err := readHeaders([]byte(text), l.lookup)
		if err != nil {
			return err
		}
		value.Set(reflect.ValueOf(headers))
	case value.Type() == stringsType:
		value.Set(reflect.ValueOf(strings.Fields(text)))
	case isList(value):
		return l.setListFromText(value, text)
	case value.Kind() == reflect.Bool:
		parsed, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("want %s", kindOf(value))
		}
		value.SetBool(parsed)
	case value.Kind() == reflect.Int:
		parsed, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("want %s", kindOf(value))
		}
		value.SetInt(int64(parsed))
	default:
		value.SetString(text)
	}
	return nil
}

// setListFromText takes a JSON array of objects, or the names of further items whose keys have variables of their own.
func (l *loader) setListFromText(value reflect.Value, text string) error {
	if strings.HasPrefix(text, "[") {
		return l.decode([]byte(text), value, "value")
	}
	for _, name := range strings.Fields(text) {
		item := reflect.New(value.Type().Elem()).Elem()
		item.FieldByName("Name").SetString(name)
		value.Set(reflect.Append(value, item))
	}
	return nil
}

// refuseUnknown finds variables that look like settings and are none.
func (l *loader) refuseUnknown() error {
	var unknown []string
	for name, value := range l.environment {
		isSetting := strings.HasPrefix(name, variablePrefix+"_") && !strings.HasPrefix(name, referencePrefix)
		if isSetting && value != "" && !l.known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("%s: this environment variable is unknown, or the embedded node does not implement it", unknown[0])
}
