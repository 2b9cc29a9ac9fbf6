package audit

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/workload"
)

// maxModelBytes bounds what is read of a model.
const maxModelBytes = 1 << 20

// Model inspects a model file of a config.
func Model(path, configKey string) (workload.InspectMetrics, error) {
	metrics := workload.InspectMetrics{Role: workload.RoleModel}
	b, err := lookBoard(configKey)
	if err != nil {
		return metrics, err
	}
	data, err := workload.ReadBounded(path, maxModelBytes)
	if err != nil {
		return metrics, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	var file struct {
		ConfigKey  string     `json:"config_key"`
		RulesHash  string     `json:"rules_hash"`
		Generation *int64     `json:"generation"`
		Policy     []*float64 `json:"policy"`
		Value      []*float64 `json:"value"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return metrics, fmt.Errorf("%w: %s: %w", ErrUnreadable, path, err)
	}
	switch {
	case file.ConfigKey != configKey || file.RulesHash != b.rulesHash():
		return metrics, fmt.Errorf("%w: %s is for %q with rules %.16s, not for %s with rules %.16s", ErrUnreadable, path, file.ConfigKey, file.RulesHash, configKey, b.rulesHash())
	case len(file.Policy) == 0 || len(file.Value) == 0 || file.Generation == nil:
		return metrics, fmt.Errorf("%w: %s lacks weights or a generation", ErrUnreadable, path)
	}
	finite := true
	for _, table := range [][]*float64{file.Policy, file.Value} {
		for _, weight := range table {
			finite = finite && weight != nil && !math.IsNaN(*weight) && !math.IsInf(*weight, 0)
		}
	}
	metrics.RulesHash, metrics.Finite = file.RulesHash, &finite
	metrics.Generations = widen(nil, file.Generation)
	return metrics, nil
}
