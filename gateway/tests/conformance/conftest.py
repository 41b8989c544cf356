"""One gateway for all tests, and the keys that open its sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

# Their assertions are to say what was expected and got, as those of the tests do.
pytest.register_assert_rewrite("callers", "carrier", "farends", "gateway", "keys", "omni", "programs", "refusals")

import keys  # noqa: E402
from callers import SCOPES, stream_url  # noqa: E402
from gateway import Gateway  # noqa: E402


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway.start(tmp_path_factory.mktemp("gateway"))
    try:
        yield running
        running.check_stopped()
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="session")
def key(gateway: Gateway) -> str:
    """A key of `trunkline keys mint` that may do everything these tests do."""
    return gateway.mint("--scopes", SCOPES)


@pytest.fixture(scope="session")
def signer(gateway: Gateway) -> keys.SigningKey:
    """The gateway's own signing key, read from its file."""
    return keys.seed_key(gateway.seed_line())


@pytest.fixture(scope="session")
def echo_url(gateway: Gateway, signer: keys.SigningKey) -> str:
    """Where a carrier's stream meets the echo: the key is the path's last segment and names the agent."""
    return stream_url(gateway, signer, "echo")


@pytest.fixture(scope="session")
def booking_url(gateway: Gateway, signer: keys.SigningKey) -> str:
    return stream_url(gateway, signer, "booking")
