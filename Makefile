# The two commands that matter are `make run` and `make test`; each sets up what it needs. The work is in scripts/.
PREFIX ?= /usr/local
PRESET ?= dev

.PHONY: help run test build format lint bench figures proof fuzz install clean

help:
	@echo 'make run      set up, build, play a scene of chat and voice at once, and start penny stress'
	@echo 'make test     set up, build, and run everything that CI runs'
	@echo 'make build    build one preset: PRESET=dev, release, asan or tsan'
	@echo 'make format   format the sources'
	@echo 'make lint     include check, clang-tidy, thread-safety analysis'
	@echo 'make bench    compare the store with plain SQLite (QUICK=1: a short run)'
	@echo 'make figures  measure search, recovery, readers, import, stores of 64 MB and 5 GB (QUICK=1: small amounts)'
	@echo 'make proof    attack the store: power loss, kills, faults, histories, planted bugs, damage'
	@echo '              (proof-power, proof-kills, ...: one part; SCALE=short, ci or long)'
	@echo 'make fuzz     a minute of each fuzz target (SECONDS=3600: an hour)'
	@echo 'make install  install the release build into PREFIX=$(PREFIX)'
	@echo 'make clean    remove build/'

run:
	@scripts/run

test:
	@scripts/test

build:
	@scripts/setup build tools voice test
	@scripts/build $(PRESET)

format:
	@scripts/setup lint
	@scripts/format

lint:
	@scripts/setup build tools voice test lint fuzz
	@scripts/lint

bench:
	@scripts/setup build tools
	@scripts/build release penny_bench
	@build/release/penny_bench

figures:
	@scripts/setup build tools
	@scripts/build release penny_figures
	@build/release/penny_figures

proof:
	@scripts/setup build tools voice test
	@scripts/proof --scale $(or $(SCALE),ci)

proof-%:
	@scripts/setup build tools voice test
	@scripts/proof --scale $(or $(SCALE),ci) $*

fuzz:
	@scripts/setup build fuzz
	@scripts/fuzz --seconds $(or $(SECONDS),60)

install:
	@scripts/setup build tools
	@scripts/build release penny penny_program penny_account
	@cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
