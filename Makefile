# make demo   build the gateway and watch two calls
# make test   everything that CI checks; each stage is a target of its own
#
# Everything is built once, in profile ci, with the features the tests need: `--workspace` everywhere, so that no
# stage builds again what another has built.

STAGES := lint unit cost e2e conformance load
CARGO_BUILD := cargo build --locked --profile ci

.DEFAULT_GOAL := help
.PHONY: help build demo test packages-demo packages-test $(STAGES:%=test-%)

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed '/^$$/q'
	@printf 'make test-%s\n' $(STAGES)

build: packages-demo
	$(CARGO_BUILD) -p trunkline

demo: build
	"$${CARGO_TARGET_DIR:-target}/ci/trunkline" demo

test: packages-test
	@.ci/test $(STAGES)

packages-demo:
	@.ci/packages demo

packages-test:
	@.ci/packages demo test

$(STAGES:%=test-%): test-%: packages-test
	@.ci/stages/$*
