# focalcheck: `make run` and `make test` are the two commands; `make help` lists the rest.

SWIFT ?= swift
PACKAGES := libhdf5-dev libmpfr-dev pkg-config

.PHONY: setup
setup:
	@if pkg-config --exists hdf5 mpfr 2>/dev/null; then exit 0; fi; \
	if ! command -v apt-get >/dev/null 2>&1; then \
	  echo "focalcheck needs libhdf5, libmpfr and pkg-config, with their headers." >&2; \
	  echo "  Homebrew: brew install hdf5 mpfr pkgconf    Fedora: dnf install hdf5-devel mpfr-devel pkgconf" >&2; \
	  exit 1; \
	fi; \
	sudo=; if [ "$$(id -u)" -ne 0 ]; then sudo=sudo; fi; \
	echo "Installing $(PACKAGES)"; \
	$$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null
