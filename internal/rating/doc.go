// Package rating tells how strong players are, from the games they played. It is pure: the same evidence in any
// order gives the same ratings, to the bit.
//
//	match.go        Match, Outcome: the evidence
//	compute.go      Compute: evidence → one Rating a participant, with its 95 % interval
//	options.go      Options: the prior, and whose rating is fixed
//	choices.go      what an outcome says: who was chosen as the best among whom (Plackett–Luce)
//	posterior.go    how well strengths explain the choices; newton.go finds the best ones
//	cholesky.go     the sparse equations of a step; pattern.go: in which order they are solved
//
//	score.go        Score: wins, draws and losses of one side; its rate; Wilson's interval
//	elo.go          Expected, Difference: Elo to score and back, for any number of players
//	sprt.go         SPRT: is it stronger? decided as early as the evidence allows; trinomial.go
//	velocity.go     Velocity: Elo an hour
//
// The rules that hold:
//
//   - A game among n players is worth one point. A draw of all gives each 1/n, so parity is always a rate of 1/n:
//     the score of equal players says "equal" for any n.
//   - One model for everything: a player of strength γ = 10^(R/400) wins against players of strengths γj with
//     probability γ/(γ+Σγj). Ratings, Expected, Difference and SPRT all follow from it and agree with each other.
//   - Ratings of different harnesses or configs do not compare: compute each from its own matches.
//   - Unknown is not 0: what too little evidence cannot tell comes with ok = false.
package rating
