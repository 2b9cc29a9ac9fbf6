package workload

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Set are the workloads of an installation, by the configurations that they offer.
type Set struct {
	all      []*Workload
	byConfig map[string]*Workload
}

// NewSet returns the set of some workloads. A configuration that two of them offer is an error: nobody could tell whose
// games are whose.
func NewSet(workloads ...*Workload) (Set, error) {
	set := Set{byConfig: map[string]*Workload{}}
	var errs []error
	set.all = slices.SortedFunc(slices.Values(workloads), func(a, b *Workload) int {
		return strings.Compare(a.Manifest.Name, b.Manifest.Name)
	})
	for _, one := range set.all {
		for _, config := range one.Manifest.Configs {
			if other, taken := set.byConfig[config.Key]; taken {
				errs = append(errs, fmt.Errorf("config %q is offered by the workloads %s and %s: rename it in one of them",
					config.Key, other.Manifest.Name, one.Manifest.Name))
				continue
			}
			set.byConfig[config.Key] = one
		}
	}
	return set, errors.Join(errs...)
}

// Of returns the workload that offers a configuration, and what that is.
func (s Set) Of(configKey string) (*Workload, Config, error) {
	found, offered := s.byConfig[configKey]
	if !offered {
		return nil, Config{}, fmt.Errorf("config %q is offered by no workload: there are %s", configKey, strings.Join(s.Keys(), ", "))
	}
	config, _ := found.Manifest.Config(configKey)
	return found, config, nil
}

// Keys are those of all configurations, by workload and in the order of its manifest.
func (s Set) Keys() []string {
	var keys []string
	for _, one := range s.all {
		for _, config := range one.Manifest.Configs {
			if s.byConfig[config.Key] == one {
				keys = append(keys, config.Key)
			}
		}
	}
	return keys
}
