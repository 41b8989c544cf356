# make demo          build the gateway and watch two calls
# make test          everything that CI checks; each stage is a target of its own
# make load          put a scenario to the gateway: SCENARIO=churn OPTIONS='--seconds 60 --html churn.html'
# make bench-peers   the gateway beside its peers, a good quarter of an hour; KEEP=1 keeps the results
# make performance   the same, kept, and docs/performance.md made of them
#
# Everything is built once, in profile ci, with the features the tests need: `--workspace` everywhere, so that no
# stage builds again what another has built.

STAGES := lint unit cost e2e conformance load
CARGO_BUILD := cargo build --locked --profile ci

.DEFAULT_GOAL := help
.PHONY: help build release demo test load bench-peers performance packages-demo packages-test packages-bench packages-profile $(STAGES:%=test-%)

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed '/^$$/q'
	@printf 'make test-%s\n' $(STAGES)

build: packages-demo
	$(CARGO_BUILD) -p trunkline

demo: build
	"$${CARGO_TARGET_DIR:-target}/ci/trunkline" demo

test: packages-test
	@.ci/test $(STAGES)

release: packages-bench
	cargo build --locked --release -p trunkline -p trunkline-load

SCENARIO = twilio-8k
RELEASE = $${CARGO_TARGET_DIR:-target}/release

load: release
	"$(RELEASE)/trunkline-load" run $(SCENARIO) --bin "$(RELEASE)" --server-cpu 0 --load-cpu 1 $(OPTIONS)

bench-peers: release
	python3 loadtest/bench/bench.py --bin "$(RELEASE)" $(if $(KEEP),--keep) $(OPTIONS)

performance: packages-profile
	@perf record -q -e cpu-clock -o /dev/null true || { echo 'perf may not sample here: see kernel.perf_event_paranoid' >&2; exit 1; }
	$(MAKE) bench-peers KEEP=1
	BIN="$(RELEASE)" loadtest/cost.sh 20 5 >benches/results/cost.txt
	python3 loadtest/bench/parts.py --bin "$(RELEASE)"
	"$$(.ci/venv loadtest/bench/requirements.txt)" loadtest/bench/page.py

packages-bench:
	@.ci/packages demo bench

packages-profile:
	@.ci/packages demo bench profile

packages-demo:
	@.ci/packages demo

packages-test:
	@.ci/packages demo test bench

$(STAGES:%=test-%): test-%: packages-test
	@.ci/stages/$*
