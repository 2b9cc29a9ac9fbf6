package config

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/caarlos0/env/v10"
)

// explained says of every value that could not be read which variable it is of, and what that takes.
func explained(err error, settings reflect.Value, variables map[string]string) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return fmt.Errorf("read the environment: %w", err)
	}
	var faults []error
	for _, one := range all.Errors {
		fault := one
		var unread env.ParseError
		if errors.As(one, &unread) {
			visit(settings, func(field reflect.StructField, _ reflect.Value) {
				if name := field.Tag.Get("env"); field.Name == unread.Name {
					fault = fmt.Errorf("%s=%q %s: %s", name, variables[name], complaint(unread.Type), field.Tag.Get("help"))
				}
			})
		}
		faults = append(faults, fault)
	}
	return errors.Join(faults...)
}

func complaint(taken reflect.Type) string {
	switch taken {
	case reflect.TypeFor[time.Duration]():
		return "is no duration, such as 30s"
	case reflect.TypeFor[int]():
		return "is no whole number"
	}
	return "is not understood"
}
