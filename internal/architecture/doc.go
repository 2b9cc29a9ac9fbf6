// Package architecture has no code, only a test: which package may import which, and why.
package architecture
