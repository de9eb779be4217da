# focalcheck: `make run` and `make test` are the two commands; `make help` lists the rest.

SWIFT ?= swift
# One optimised build serves the program, its tools and its tests: nothing is compiled twice, and judging takes minutes less.
OPTIMISED := -c release -Xswiftc -enable-testing
PACKAGES := libhdf5-dev libmpfr-dev pkg-config
MODULES := Tensors HDF5 Arithmetic FocalLoss Comparison Conformance Reporting
PADDLES := 2.6.2 3.0.0 3.3.1
TORCHES := 1.13 2.13.0
CURRENT := $(addprefix fixtures/,keras-3.15.1.h5 kornia-0.9.0.h5 optax-0.2.8.h5 paddle-3.3.1.h5 torch-2.13.0.h5)
DOCUMENTATION := .build/documentation
SWIFT_FILES := Package.swift Sources Tests Tools
FUZZED ?= 5000
LIBFUZZER_SECONDS ?= 60
ADDRESS_TESTS := 'HDF5Tests|TensorsTests|ConformanceTests.Fixture|ConformanceTests.Ledger|WorkerTests'
THREAD_TESTS := 'WorkerTests|LiveTests|ConformanceTests.Fixture'

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: setup
setup: ## Install libhdf5, libmpfr and pkg-config where they are missing
	@if pkg-config --exists hdf5 mpfr 2>/dev/null; then exit 0; fi; \
	if ! command -v apt-get >/dev/null 2>&1; then \
	  echo "focalcheck needs libhdf5, libmpfr and pkg-config, with their headers." >&2; \
	  echo "  Homebrew: brew install hdf5 mpfr pkgconf" >&2; \
	  echo "  Fedora:   dnf install hdf5-devel mpfr-devel pkgconf" >&2; \
	  exit 1; \
	fi; \
	sudo=; if [ "$$(id -u)" -ne 0 ]; then sudo=sudo; fi; \
	echo "Installing $(PACKAGES)"; \
	$$sudo apt-get update -qq && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null

.PHONY: build
build: setup ## Build the program with optimisation
	@echo "Building focalcheck; the first time takes a few minutes"
	@$(SWIFT) build -q $(OPTIMISED) --product focalcheck

.PHONY: run
run: build ## Judge the committed fixtures, print the report, write reports/latest.json
	@.build/release/focalcheck run fixtures --output json=reports/latest.json || [ $$? -eq 1 ]

.PHONY: test
test: lint ## Lint, run every test, then plant faults in a fixture of each framework
	@echo "Building the program and its tests; the first time takes some minutes"
	@$(SWIFT) build -q $(OPTIMISED) --build-tests
	$(SWIFT) test -q $(OPTIMISED) --skip-build --disable-xctest
	@.build/release/focalcheck selftest $(CURRENT)

.PHONY: selftest
selftest: build ## Plant faults in all committed fixtures, and demand that the judge finds each; takes some minutes
	@.build/release/focalcheck selftest fixtures

.PHONY: lint
lint: setup ## Check the form of the Swift sources, and that modules and files are no knot
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES)
	$(SWIFT) Tools/module-graph.swift

.PHONY: format
format: ## Bring the Swift sources into form
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_FILES)

.PHONY: fuzz
fuzz: build ## Judge FUZZED (5000) hostile fixtures, none of which may end or hang a run, or pass where it must not
	@$(SWIFT) build -q $(OPTIMISED) --product fuzz
	@.build/release/fuzz --count $(FUZZED) .build/release/focalcheck

.PHONY: libfuzzer
libfuzzer: setup ## Feed the reader with what libFuzzer makes of small fixtures, for LIBFUZZER_SECONDS (60)
	@SWIFT="$(SWIFT)" Sources/fuzz-reader/libfuzzer.sh $(LIBFUZZER_SECONDS)

.PHONY: sanitize-address
sanitize-address: setup ## Run the tests that read files or start workers under AddressSanitizer
	LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/leaks.supp:print_suppressions=0 \
	  $(SWIFT) test --disable-xctest --sanitize=address --scratch-path .build/address --filter $(ADDRESS_TESTS)

.PHONY: sanitize-thread
sanitize-thread: setup ## Run the tests that start workers and processes under ThreadSanitizer
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/races.supp:print_suppressions=0 \
	  $(SWIFT) test --disable-xctest --sanitize=thread --scratch-path .build/thread --filter $(THREAD_TESTS)

.PHONY: mutants
mutants: setup ## Run the tests against faults in the code that decides and guards that are taken out; takes an hour
	@$(SWIFT) build -q $(OPTIMISED) --product mutants
	@.build/release/mutants --package . --list Tests/Mutants/mutants.toml

.PHONY: mutants-check
mutants-check: setup ## Check that the list of those faults fits the sources
	@$(SWIFT) build -q $(OPTIMISED) --product mutants
	@.build/release/mutants --package . --list Tests/Mutants/mutants.toml --check

.PHONY: bench
bench: build ## Measure compare beside h5diff (package hdf5-tools)
	@$(SWIFT) build -q $(OPTIMISED) --product compare-benchmark
	@.build/release/compare-benchmark .build/release/focalcheck

.PHONY: power
power: setup ## Count planted faults caught and genuine cases rejected, by the derived verdict and by tolerances
	@$(SWIFT) build -q $(OPTIMISED) --product power
	@.build/release/power --planted fixtures/faults --genuine fixtures

.PHONY: reports
reports: build ## Record the committed reports of the committed fixtures anew
	@.build/release/focalcheck run fixtures --output text=reports/baseline.txt --output json=reports/baseline.json \
	  >/dev/null || [ $$? -eq 1 ]
	@.build/release/focalcheck run fixtures --no-ledger --output text=reports/discrepancies.txt >/dev/null || [ $$? -eq 1 ]
	@.build/release/focalcheck upgrade $(PADDLES:%=fixtures/paddle-%.h5) --output text=reports/upgrade-paddle.txt \
	  --output json=reports/upgrade-paddle.json >/dev/null || [ $$? -eq 1 ]
	@.build/release/focalcheck upgrade $(TORCHES:%=fixtures/torch-%.h5) --output text=reports/upgrade-torch.txt \
	  --output json=reports/upgrade-torch.json >/dev/null || [ $$? -eq 1 ]

.PHONY: fixtures
fixtures: ## Export every fixture anew, each from a fresh virtual environment
	fixtures/export.sh

.PHONY: fixtures-check
fixtures-check: build ## Export a current Paddle and a current torch anew and compare with the committed fixtures
	fixtures/check.sh

.PHONY: docs
docs: setup ## Build the documentation of all modules, into .build/documentation
	rm -rf $(DOCUMENTATION)
	$(SWIFT) package --allow-writing-to-directory $(DOCUMENTATION) generate-documentation \
	  --enable-experimental-combined-documentation --warnings-as-errors \
	  $(MODULES:%=--target %) --output-path $(DOCUMENTATION)

.PHONY: clean
clean: ## Remove what was built
	rm -rf .build reports/latest.json
