package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// What a student has to show against its teacher and against a model that has learnt nothing, in 200 games each.
const (
	halfTheBytes = 0.5
	halfTheTime  = 0.5
	studentBar   = 0.15 // against its teacher, with the same search; more than generation 0 wins
	blankBar     = 0.90 // against generation 0
)

// A student has at most half the bytes of its teacher, and has learnt from it: it beats whoever has not, and holds its own
// against its teacher as generation 0 does not.
func TestAStudentIsSmallAndHasLearnt(t *testing.T) {
	t.Parallel()
	for _, seed := range []int64{1, 2} {
		r := newRig(t, "sq5_2p")
		blank := r.do(order{command: workload.Init, params: workload.InitParams{}}).as("gen0", workload.RoleModel)
		data := r.played(seed, blank, "data1")
		teacher := r.trained(seed, blank, []workload.Input{data}, "teacher")
		student, likeness := r.distilled(seed, teacher, data)
		againstTeacher, againstBlank := r.headToHead(seed, student, teacher), r.headToHead(seed, student, blank)
		untaught := r.headToHead(seed, blank, teacher)
		t.Logf("seed %d: %.3f of the bytes, %.2f of the time, correlation %.3f, signs %.3f; wins %.3f against its teacher (generation 0: %.3f), %.3f against generation 0",
			seed, likeness.SizeRatio, likeness.LatencyRatio, likeness.Correlation, likeness.SignAgreement, againstTeacher, untaught, againstBlank)
		require.LessOrEqual(t, likeness.SizeRatio, halfTheBytes)
		require.GreaterOrEqual(t, againstTeacher, untaught+studentBar)
		require.GreaterOrEqual(t, againstBlank, blankBar)
	}
}

// It is so in every game.
func TestStudentsOfAllGamesAreSmall(t *testing.T) {
	t.Parallel()
	for _, config := range []string{"sq5_2p", "sq5_3p", "hex3_2p", "hex3_4p"} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, config)
			blank := r.do(order{command: workload.Init, params: workload.InitParams{}}).as("gen0", workload.RoleModel)
			data := r.played(1, blank, "data1")
			_, likeness := r.distilled(1, r.trained(1, blank, []workload.Input{data}, "teacher"), data)
			t.Logf("%.3f of the bytes, %.3f of the time (%.3f to %.3f)", likeness.SizeRatio, likeness.LatencyRatio, likeness.LatencyLow, likeness.LatencyHigh)
			require.LessOrEqual(t, likeness.SizeRatio, halfTheBytes)
			require.Less(t, likeness.LatencyHigh, halfTheTime, "surely")
		})
	}
}

// distilled is a student of a teacher, taught on what that was trained on.
func (r *rig) distilled(seed int64, teacher, data workload.Input) (workload.Input, workload.DistillMetrics) {
	r.Helper()
	d := r.do(order{command: workload.Distill, seed: seed, inputs: []workload.Input{teacher, data},
		params: workload.DistillParams{Teacher: teacher.Name, Positions: data.Name, LatencyBound: halfTheTime}})
	return d.as("student", workload.RoleModel), metrics[workload.DistillMetrics](d)
}
