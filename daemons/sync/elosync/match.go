package elosync

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// What stands for a word that a row does not have.
const (
	unknownHarness = "unknown"
	localSource    = "match_history"
)

// record is a row of match_history, in whichever spelling; empty is NULL.
type record struct {
	number                                                                   int64
	ids, a, b, rankings, winner, board, players, at, gameID, harness, source string
}

// identity tells a record from another one of the same number.
func (r record) identity() string { return fmt.Sprintf("%d %s %s", r.number, r.gameID, r.at) }

// match reads a row. Nothing in it depends on the node that the row is read on but Node itself, which is no part of
// a match's identity.
func (r record) match(node string) (ledger.Match, error) {
	participants, err := r.participants()
	if err != nil {
		return ledger.Match{}, err
	}
	ranks, err := r.ranks(participants)
	if err != nil {
		return ledger.Match{}, err
	}
	at, err := r.playedAt()
	if err != nil {
		return ledger.Match{}, err
	}
	players := r.players
	if players == "" {
		players = strconv.Itoa(len(participants))
	}
	return ledger.Match{
		ConfigKey: fmt.Sprintf("%s_%sp", r.board, players), Harness: or(r.harness, unknownHarness), Participants: participants,
		Outcomes: []ledger.Outcome{{Ranks: ranks, Games: 1}}, Source: or(r.source, localSource), GameID: r.gameID, PlayedAt: at, Node: node,
	}, nil
}

func (r record) participants() ([]string, error) {
	if r.ids == "" {
		if r.a == "" || r.b == "" {
			return nil, errors.New("it names fewer than two participants")
		}
		return []string{r.a, r.b}, nil
	}
	var all []string
	if err := json.Unmarshal([]byte(r.ids), &all); err != nil {
		return nil, fmt.Errorf("participant_ids: %w", err)
	}
	return all, nil
}

// ranks are told, or follow from the winner; without one it is a draw.
func (r record) ranks(participants []string) ([]int, error) {
	if r.rankings != "" && r.rankings != "null" {
		return parseRanks(r.rankings, participants)
	}
	ranks := make([]int, len(participants))
	winner := slices.Index(participants, r.winner)
	switch {
	case r.winner == "" || r.winner == "draw":
		for i := range ranks {
			ranks[i] = 1
		}
		return ranks, nil
	case winner < 0 && (r.winner == "a" || r.winner == "model_a" || r.winner == "participant_a"):
		winner = 0
	case winner < 0 && (r.winner == "b" || r.winner == "model_b" || r.winner == "participant_b"):
		winner = 1
	case winner < 0:
		return nil, fmt.Errorf("winner %.80q is none of the participants", r.winner)
	}
	for i := range ranks {
		ranks[i] = 2
	}
	ranks[winner] = 1
	return ranks, nil
}

// parseRanks takes ranks by seat, counted from 0 or 1, or by participant, or the participants in their order.
func parseRanks(text string, participants []string) ([]int, error) {
	var byName map[string]int
	var names []string
	var ranks []int
	switch {
	case json.Unmarshal([]byte(text), &ranks) == nil:
	case json.Unmarshal([]byte(text), &names) == nil:
		for _, participant := range participants {
			ranks = append(ranks, slices.Index(names, participant)+1)
		}
	case json.Unmarshal([]byte(text), &byName) == nil:
		for _, participant := range participants {
			ranks = append(ranks, byName[participant])
		}
	}
	if len(ranks) != len(participants) || len(ranks) == 0 {
		return nil, fmt.Errorf("rankings %.80q do not fit %d participants", text, len(participants))
	}
	if shift := 1 - slices.Min(ranks); shift == 1 {
		for i := range ranks {
			ranks[i] += shift
		}
	}
	return ranks, nil
}

// playedAt reads seconds since 1970, or a time as text.
func (r record) playedAt() (time.Time, error) {
	if seconds, err := strconv.ParseFloat(r.at, 64); err == nil && seconds > 0 && seconds < 1e11 {
		whole, part := math.Modf(seconds)
		return time.Unix(int64(whole), int64(part*1e6)*1000).UTC(), nil
	}
	text := strings.Replace(r.at, " ", "T", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("timestamp %.80q is no time", r.at)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
