package bus

import (
	"errors"
	"fmt"
)

// DistillationCompleted says that a small model was made of a canonical one, and whether it is served.
type DistillationCompleted struct {
	Config
	TeacherID     string  `json:"teacher_id"`
	StudentID     string  `json:"student_id"`
	Correlation   float64 `json:"correlation"`       // of what both expect, on what was kept apart
	SignAgreement float64 `json:"sign_agreement"`    // how often both are on the same side of an equal share
	SizeRatio     float64 `json:"size_ratio"`        // student by teacher
	Speedup       float64 `json:"speedup,omitempty"` // teacher's time by the student's; absent: unknown
	Accepted      bool    `json:"accepted"`
	Reason        string  `json:"reason"`
}

// EventName implements Payload.
func (DistillationCompleted) EventName() Name { return "DISTILLATION_COMPLETED" }

// Validate implements Payload.
func (d DistillationCompleted) Validate() error {
	return errors.Join(required("config_key", d.ConfigKey), required("teacher_id", d.TeacherID), required("student_id", d.StudentID))
}

// FactKey implements Fact: a teacher is distilled once.
func (d DistillationCompleted) FactKey() string { return d.ConfigKey + " " + d.TeacherID }

// DistillationFailed says that an attempt to make a small model has failed. Another one follows.
type DistillationFailed struct {
	Config
	TeacherID  string `json:"teacher_id"`
	Attempt    int64  `json:"attempt"`
	Error      string `json:"error"`
	ErrorClass string `json:"error_class"`
}

// EventName implements Payload.
func (DistillationFailed) EventName() Name { return "DISTILLATION_FAILED" }

// Validate implements Payload.
func (d DistillationFailed) Validate() error {
	return errors.Join(required("config_key", d.ConfigKey), required("teacher_id", d.TeacherID), required("error", d.Error), required("error_class", d.ErrorClass))
}

// FactKey implements Fact.
func (d DistillationFailed) FactKey() string { return fmt.Sprintf("%s %d", d.TeacherID, d.Attempt) }

// distillationEntries are the events about small models.
func distillationEntries() []Entry {
	distiller, observers := []Party{"DISTILLATION"}, []Party{Observers}
	return []Entry{
		entry[DistillationCompleted]("a small model was made, and is served or not", distiller, observers),
		entry[DistillationFailed]("an attempt to make a small model has failed", distiller, observers),
	}
}
