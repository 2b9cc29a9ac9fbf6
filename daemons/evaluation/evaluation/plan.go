package evaluation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	inputCandidate, inputCanonical = "candidate", "canonical"
	// idDigits of a hash are the id of an evaluation.
	idDigits = 16
)

// plan is one evaluation, as the request of its job has it.
type plan struct {
	id        string
	protocol  string
	players   int
	candidate string // model id
	canonical string // model id; empty: not played against
	params    workload.EvaluateParams
}

// planOf reads the plan from a request, which has the protocol as its plan's version.
func planOf(configKey string, request jobs.Request) (plan, error) {
	p := plan{
		protocol: request.PlanVersion, players: bus.ConfigOf(configKey).NumPlayers,
		candidate: pipeline.InputID(request, inputCandidate), canonical: pipeline.InputID(request, inputCanonical),
	}
	if err := json.Unmarshal(request.Params, &p.params); err != nil {
		return p, fmt.Errorf("read the params of an evaluation: %w", err)
	}
	if p.players < 2 {
		return p, fmt.Errorf("config %q does not tell its players", configKey)
	}
	identity, err := json.Marshal([]any{configKey, p.candidate, p.canonical, p.protocol, p.params})
	if err != nil {
		return p, fmt.Errorf("identify an evaluation: %w", err)
	}
	sum := sha256.Sum256(identity)
	p.id = hex.EncodeToString(sum[:])[:idDigits]
	return p, nil
}

// harness is the name under which the models are rated.
func (p plan) harness() string { return pipeline.Harness(p.params.Harness, p.params.SearchBudget) }

// event is the evaluation as events name it.
func (p plan) event(configKey string) bus.Evaluation {
	return bus.Evaluation{
		Config: bus.ConfigOf(configKey), EvaluationID: p.id, ModelID: p.candidate, Protocol: p.protocol, Harness: p.harness(),
	}
}

// opponent is the name of an opponent in evidence: a baseline, or the id of the canonical model.
func (p plan) opponent(player workload.Player) string {
	if player.Baseline != "" {
		return player.Baseline
	}
	return p.canonical
}

// opponents are all of them, in the order in which they are played.
func (p plan) opponents() (names []string) {
	for _, opponent := range p.params.Opponents {
		names = append(names, p.opponent(opponent.Player))
	}
	return names
}

// games are planned against one opponent.
func (p plan) games(opponent workload.Opponent) int64 {
	return rounds(int64(opponent.Games), p.players)
}

// planned is how many games there are to be, if none of them decides anything.
func (p plan) planned() (games int64) {
	for _, opponent := range p.params.Opponents {
		games += p.games(opponent)
	}
	return games
}
