package config

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/caarlos0/env/v10"
)

// Read fills a pointer to settings from an environment as os.Environ returns it. An error names the variable.
func Read(settings any, environment []string) error {
	variables := env.ToMap(environment)
	if err := env.ParseWithOptions(settings, env.Options{Environment: variables}); err != nil {
		return explained(err, reflect.ValueOf(settings).Elem(), variables)
	}
	var faults []error
	visit(reflect.ValueOf(settings).Elem(), func(field reflect.StructField, value reflect.Value) {
		if field.Tag.Get("secret") == "" {
			return
		}
		resolved, _, err := Resolve(value.String(), variables)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", field.Tag.Get("env"), err))
			return
		}
		value.SetString(resolved)
	})
	return errors.Join(faults...)
}

// visit calls act with every setting of a struct, those of embedded structs too, in order.
func visit(settings reflect.Value, act func(reflect.StructField, reflect.Value)) {
	for i := range settings.NumField() {
		field, value := settings.Type().Field(i), settings.Field(i)
		switch {
		case field.Anonymous:
			visit(value, act)
		case field.Tag.Get("env") != "":
			act(field, value)
		}
	}
}
