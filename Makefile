# recoup: what a developer does with it. "make" alone lists the targets.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FLAGS   := -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)"
TARGETS := linux/amd64/ linux/arm64/ linux/arm/7 windows/amd64/

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## the binary for this machine, as bin/recoup
	CGO_ENABLED=0 $(GO) build $(FLAGS) -o bin/recoup ./cmd/recoup

demo: build ## 35 days of three simulated plants, then live; the page's address is printed
	bin/recoup demo

test: ## every test, with the race detector; Go and make only
	$(GO) vet ./...
	$(GO) test -race -parallel 4 -timeout 30m ./...

TRUTH_SEEDS ?= 100
TRUTH_DAYS  ?= 7
truth: ## the figures against what simulated plants hide: TRUTH_SEEDS of each, TRUTH_DAYS, every fault; prints the tables
	TRUTH_SEEDS=$(TRUTH_SEEDS) TRUTH_DAYS=$(TRUTH_DAYS) $(GO) test -count 1 -timeout 1h -v -run '^TestTruth' ./cmd/recoup

bench: ## speed, as ratios and per-item costs
	$(GO) test -run '^$$' -bench . -benchmem ./...

FUZZTIME ?= 10s
fuzz: ## every fuzz target for FUZZTIME each
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; \
	done

lint: ## gofmt, vet and golangci-lint (built from packaging/tools at the first call)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	cd packaging/tools && $(GO) build -o ../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	bin/golangci-lint run ./...

cross: ## binaries for every system we serve, without CGO, with their sizes
	@for t in $(TARGETS); do \
	  set -- $$(echo $$t | tr / ' '); \
	  out=dist/recoup-$$1-$$2$${3:+v$$3}; [ $$1 = windows ] && out=$$out.exe; \
	  GOOS=$$1 GOARCH=$$2 GOARM=$$3 CGO_ENABLED=0 $(GO) build $(FLAGS) -o $$out ./cmd/recoup || exit 1; \
	  printf '%-32s %9d bytes\n' $$out $$(wc -c < $$out); \
	done

.PHONY: help build demo test truth bench fuzz lint cross
.DEFAULT_GOAL := help
