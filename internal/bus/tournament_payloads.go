package bus

import "errors"

// PairScore is what came of the games of one player against another in a tournament.
type PairScore struct {
	Player   string `json:"player"` // a model id, or a baseline
	Opponent string `json:"opponent"`
	Games    int64  `json:"games"`
	Wins     int64  `json:"wins"` // of the player
	Draws    int64  `json:"draws"`
	Losses   int64  `json:"losses"`
}

// TournamentCompleted says that a tournament was played, and that its games count.
type TournamentCompleted struct {
	Config
	TournamentID string      `json:"tournament_id"`
	Kind         string      `json:"kind"`
	Harness      string      `json:"harness"`
	Participants []string    `json:"participants"` // model ids and baselines
	Results      []PairScore `json:"results"`
	GamesPlayed  int64       `json:"games_played"` // valid ones
	InvalidGames int64       `json:"invalid_games"`
}

// EventName implements Payload.
func (TournamentCompleted) EventName() Name { return "TOURNAMENT_COMPLETED" }

// Validate implements Payload.
func (t TournamentCompleted) Validate() error {
	return errors.Join(required("config_key", t.ConfigKey), required("tournament_id", t.TournamentID), required("kind", t.Kind))
}

// FactKey implements Fact.
func (t TournamentCompleted) FactKey() string { return t.TournamentID }

// CalibrationFailed says that a baseline surely does not score against a weaker one as it should.
type CalibrationFailed struct {
	Config
	TournamentID string  `json:"tournament_id"`
	Harness      string  `json:"harness"`
	Stronger     string  `json:"stronger"` // baselines
	Weaker       string  `json:"weaker"`
	Expected     float64 `json:"expected"` // shares of the points of the stronger one, 0 to 1
	Least        float64 `json:"least"`    // what is good enough
	Observed     float64 `json:"observed"`
	Low          float64 `json:"low"` // the 95 % interval of what was observed
	High         float64 `json:"high"`
	GamesPlayed  int64   `json:"games_played"`
}

// EventName implements Payload.
func (CalibrationFailed) EventName() Name { return "CALIBRATION_FAILED" }

// Validate implements Payload.
func (c CalibrationFailed) Validate() error {
	return errors.Join(required("config_key", c.ConfigKey), required("tournament_id", c.TournamentID), required("stronger", c.Stronger), required("weaker", c.Weaker))
}

// FactKey implements Fact.
func (c CalibrationFailed) FactKey() string { return c.TournamentID + " " + c.Stronger }

// tournamentEntries are the events about games that are played for ratings alone.
func tournamentEntries() []Entry {
	return []Entry{
		entry[TournamentCompleted]("a tournament was played", []Party{"TOURNAMENT_DAEMON"}, []Party{"UNIFIED_PROMOTION", Observers}),
		entry[CalibrationFailed]("baselines do not score against each other as they should", []Party{"TOURNAMENT_DAEMON"}, []Party{Observers}),
	}
}
