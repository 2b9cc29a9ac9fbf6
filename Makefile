# Nothing but Go and make is needed. `make` alone lists the targets.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

# The race detector needs a C compiler; without one the tests run without it. SQLite's own code is C that was translated: the
# detector learns nothing from it and makes it many times slower. (No other package: what such a package has of generic code,
# atomic pointers among it, may replace the watched copies in a test.)
RACE := $(shell command -v "$$($(GO) env CC | cut -d' ' -f1)" >/dev/null 2>&1 && echo -race)
UNWATCHED := $(if $(RACE),-gcflags=modernc.org/sqlite/lib='-race=false -dwarf=false')
# The test runner (CI names one that ends with a summary of what failed).
GOTEST  ?= $(GO) test
# The long bars: the tests of files with the tag. The quick ones beside them are those of `make test`.
LONG     = $(shell grep -rl --include=*_test.go '^//go:build acceptance' . | xargs grep -ohE '^func Test[A-Za-z0-9]+' | cut -c6- | paste -sd '|')
# More flags for go test, what `make acceptance` runs (a pattern of test names), and for how long at most.
FLAGS   ?=
RUN     ?= ^($(LONG))$$
TIMEOUT ?= 60m

# The packages with long bars.
ACCEPTANCE := ./internal/acceptance/... ./internal/local ./internal/process ./internal/ledger ./internal/workload/check \
	./internal/workload/mini ./internal/backup ./internal/processcompose ./worker

.DEFAULT_GOAL := help
.PHONY: help up down status build test check acceptance bench fmt temporal bin/worker bin/starter bin/shim bin/workloads/mini

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: build ## start Temporal, NODES workers (1) and the daemons on this machine (again: repair)
	@bin/starter local up

down: bin/starter ## stop all that `make up` started, daemons first
	@bin/starter local down

status: bin/starter ## show what runs here
	@bin/starter local status

build: bin/worker bin/starter bin/shim bin/workloads/mini temporal ## build all that runs here into bin/ (where none is installed, temporal too)

# Vet is `make check`'s; without debugging tables the eighty test binaries link in two thirds of the time.
QUICK := -vet=off -gcflags=all=-dwarf=false -ldflags=-w

# By default each process that looks for races sleeps for a second before it ends.
test: export GORACE ?= atexit_sleep_ms=0
test: temporal ## run the quick tests (with the race detector where there is a C compiler)
	$(GOTEST) $(RACE) $(QUICK) $(UNWATCHED) $(FLAGS) ./...

check: temporal ## check format, vet, staticcheck, determinism of workflows, go.mod, generated files, documents
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt-ed, run make fmt:" $$unformatted; exit 1; }
	$(GO) vet -tags acceptance ./...
	$(GO) run $(STATICCHECK) -tags acceptance ./...
	$(GO) run $(WORKFLOWCHECK) ./workflows/...
	$(GO) mod tidy -diff
	@before=$$(git diff | cksum); $(GO) generate ./...; test "$$before" = "$$(git diff | cksum)" || { echo "generated files are stale: commit what go generate changed"; exit 1; }
	$(GO) test -run '^TestDocument' ./internal/local

acceptance: build ## run the long bars: kills, soaks, whole loops (RUN=pattern, TIMEOUT=60m, FLAGS=-short)
	$(GOTEST) -tags acceptance -p 1 -timeout $(TIMEOUT) -run '$(RUN)' -v $(FLAGS) $(ACCEPTANCE)

bench: build ## measure starts, stops, restarts, the idle cost, commands, and queue and training loop against plain scripts
	$(GO) test -tags acceptance -timeout $(TIMEOUT) -p 1 -run '^$$' -bench . -benchtime 1x $(FLAGS) ./internal/acceptance/... ./internal/process

fmt: ## format the code
	gofmt -w .

bin/worker bin/starter:
	@CGO_ENABLED=0 $(GO) build -o $@ ./$(notdir $@)

bin/shim:
	@CGO_ENABLED=0 $(GO) build -o $@ ./internal/process/shim

# The built-in workload, in the folder where the worker finds its workloads.
bin/workloads/mini:
	@CGO_ENABLED=0 $(GO) build -o $@/mini ./internal/workload/mini
	@cp internal/workload/mini/workload.json $@/

# The Temporal CLI: TEMPORAL_CLI, else the one on PATH, else bin/temporal, which is built once.
temporal: bin/starter
	@bin/starter local temporal >/dev/null
