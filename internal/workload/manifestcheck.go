package workload

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ParseManifest reads a manifest and names everything that is wrong with it.
func ParseManifest(document []byte) (*Manifest, error) {
	var manifest Manifest
	if err := DecodeStrict(document, &manifest); err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	if err := manifest.Check(); err != nil {
		return nil, err
	}
	return &manifest, nil
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	boardName = regexp.MustCompile(`^[a-z0-9]+$`)
)

// Check names everything that is wrong with the manifest.
func (m *Manifest) Check() error {
	p := &Problems{Document: "the manifest"}
	p.require(plainName.MatchString(m.Name), "name", m.Name, "use letters, digits, dot, dash, underscore; at most 64")
	p.require(plainName.MatchString(m.Version), "version", m.Version, "use letters, digits, dot, dash, underscore; at most 64")
	p.require(m.Contract == Contract, "contract", m.Contract, "use %d", Contract)
	m.checkConfigs(p)
	m.checkCommands(p)
	m.checkResources(p)
	m.checkBaselines(p)
	m.checkHarnesses(p)
	p.require(m.Formats.Games == "sqlite", "formats.games", m.Formats.Games, "use sqlite, with the contract's tables")
	p.require(plainName.MatchString(m.Formats.Dataset), "formats.dataset", m.Formats.Dataset, "name the file ending, such as npz")
	p.require(plainName.MatchString(m.Formats.Model), "formats.model", m.Formats.Model, "name the file ending, such as json")
	p.require(plainName.MatchString(m.EncoderVersion), "encoder_version", m.EncoderVersion, "name how positions become features")
	p.require(m.Limits.MaxParallelPerNode >= 0, "limits.max_parallel_per_node", m.Limits.MaxParallelPerNode, "use 0 (no limit) or more")
	p.require(!m.Features.Distill || m.Has(Distill), "features.distill", true, "offer the command distill, or leave the feature out")
	p.require(!m.Features.Resume || m.Features.Checkpoint, "features.resume", true, "needs the feature checkpoint")
	return p.err()
}

func (m *Manifest) checkConfigs(p *Problems) {
	p.require(len(m.Configs) > 0 && len(m.Configs) <= 1000, "configs", len(m.Configs), "name 1 to 1000 configurations")
	seen := map[string]bool{}
	for i, config := range m.Configs {
		field := fmt.Sprintf("configs[%d].", i)
		p.require(boardName.MatchString(config.Board), field+"board", config.Board, "use a-z and 0-9")
		p.require(config.Key == fmt.Sprintf("%s_%dp", config.Board, config.Players), field+"key", config.Key, "use %s_%dp", config.Board, config.Players)
		p.require(!seen[config.Key], field+"key", config.Key, "use each key once")
		seen[config.Key] = true
		p.require(config.Players >= 2 && config.Players <= 4, field+"players", config.Players, "use 2 to 4")
		p.require(config.Cells > 0, field+"cells", config.Cells, "use the number of cells of the board")
		p.require(slices.Contains([]string{"small", "medium", "large"}, config.SizeClass), field+"size_class", config.SizeClass, "use small, medium or large")
		p.require(config.MeanGameSeconds >= 0, field+"mean_game_seconds", config.MeanGameSeconds, "use 0 (unknown) or more")
	}
}

func (m *Manifest) checkCommands(p *Problems) {
	for _, command := range Commands() {
		p.require(!command.Mandatory() || m.Has(command), "commands."+string(command), "", "every workload has this command")
	}
	for _, command := range slices.Sorted(maps.Keys(m.Commands)) {
		field := "commands." + string(command)
		p.require(command.Known(), field, command, "use a command of the contract: %v", Commands())
		if words := m.Commands[command]; len(words) > 0 {
			p.require(len(words) <= 64, field, len(words), "use at most 64 words")
			checkProgram(p, field, words[0])
			for i, word := range words[1:] {
				p.require(!strings.ContainsRune(word, 0), fmt.Sprintf("%s[%d]", field, i+1), word, "leave out the NUL byte")
			}
		}
	}
}

func checkProgram(p *Problems, field, word string) {
	if name, inside := strings.CutPrefix(word, "./"); inside {
		p.require(filepath.IsLocal(filepath.FromSlash(name)), field+"[0]", word, "stay inside the workload's folder")
		return
	}
	p.require(plainName.MatchString(word), field+"[0]", word, "use ./FILE of the workload's folder, or a name that is looked up in PATH")
}

func (m *Manifest) checkResources(p *Problems) {
	for _, command := range slices.Sorted(maps.Keys(m.Resources)) {
		field := "resources." + string(command)
		needs := m.Resources[command]
		p.require(m.Has(command), field, command, "name a command that the workload offers")
		p.require(needs.CPU >= 1, field+".cpu", needs.CPU, "use at least 1")
		p.require(needs.MemMB >= 0, field+".mem_mb", needs.MemMB, "use 0 (unknown) or more")
		p.require(needs.GPU >= 0, field+".gpu", needs.GPU, "use 0 or more")
		p.require(needs.VRAMMB >= 0, field+".vram_mb", needs.VRAMMB, "use 0 (unknown) or more")
		p.require(needs.DiskMB >= 0, field+".disk_mb", needs.DiskMB, "use 0 (unknown) or more")
	}
}

func (m *Manifest) checkBaselines(p *Problems) {
	seen := map[string]bool{}
	for i, baseline := range m.Baselines {
		field := fmt.Sprintf("baselines[%d].", i)
		p.require(plainName.MatchString(baseline.ID), field+"id", baseline.ID, "use letters, digits, dot, dash, underscore; at most 64")
		p.require(!seen[baseline.ID], field+"id", baseline.ID, "use each id once")
		seen[baseline.ID] = true
		if baseline.ID == BaselineRandom {
			p.require(baseline.Pinned, field+"pinned", baseline.Pinned, "the random player's rating is pinned")
		}
	}
	p.require(seen[BaselineRandom], "baselines", len(m.Baselines), "name the baseline %s, which every workload has", BaselineRandom)
}

func (m *Manifest) checkHarnesses(p *Problems) {
	seen, defaults := map[string]bool{}, 0
	for i, harness := range m.Harnesses {
		field := fmt.Sprintf("harnesses[%d].", i)
		p.require(plainName.MatchString(harness.ID), field+"id", harness.ID, "use letters, digits, dot, dash, underscore; at most 64")
		p.require(!seen[harness.ID], field+"id", harness.ID, "use each id once")
		seen[harness.ID] = true
		if harness.Default {
			defaults++
		}
	}
	p.require(defaults == 1, "harnesses", defaults, "exactly one harness is the default")
	p.require(!m.Features.MultiHarness || len(m.Harnesses) > 1, "features.multi_harness", true, "needs more than one harness")
}
