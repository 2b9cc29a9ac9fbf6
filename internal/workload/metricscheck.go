package workload

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// CheckMetrics checks that metrics have every field that the command must report, with the right types. More
// fields are fine.
func CheckMetrics(command Command, metrics json.RawMessage) error {
	sample, needed := metricsOf(command)
	if !needed {
		return nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(metrics, &given); err != nil {
		return fmt.Errorf("the metrics of %s are not a JSON object", command)
	}
	if err := json.Unmarshal(metrics, sample); err != nil {
		return fmt.Errorf("read the metrics of %s: %w", command, err)
	}
	p := &Problems{Document: "the metrics of " + string(command)}
	fields := reflect.TypeOf(sample).Elem()
	for i := range fields.NumField() {
		name, options, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		_, found := given[name]
		p.require(found || strings.Contains(options, "omitempty"), "metrics."+name, "absent", "report it")
	}
	return p.err()
}

// metricsOf returns a struct for the command's metrics.
func metricsOf(command Command) (any, bool) {
	switch command {
	case Selfplay:
		return &SelfplayMetrics{}, true
	case Inspect:
		return &InspectMetrics{}, true
	case Validate:
		return &ValidateMetrics{}, true
	case Merge:
		return &MergeMetrics{}, true
	case Export:
		return &ExportMetrics{}, true
	case Combine:
		return &CombineMetrics{}, true
	case Train:
		return &TrainMetrics{}, true
	case Evaluate:
		return &EvaluateMetrics{}, true
	case Match:
		return &MatchMetrics{}, true
	case Loss:
		return &LossMetrics{}, true
	case Distill:
		return &DistillMetrics{}, true
	}
	return nil, false
}
