"""Callers of one gateway, by both of its sockets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keys
from carrier import Stream, open_stream
from gateway import CONFIG, Gateway
from omni import Session, call_agent

SCOPES = "omni:session,telephony:stream"
NUMBERS = {"from": "+15550111", "to": "+15550122"}


@dataclass
class Callers:
    """Places calls to the agents of a gateway."""

    gateway: Gateway
    key: str
    signer: keys.SigningKey

    def stream_url(self, agent: str) -> str:
        """Where a carrier's stream meets this agent: the key is the path's last segment and names it."""
        return stream_url(self.gateway, self.signer, agent)

    @contextlib.contextmanager
    def omni(self, agent: str, rate: int = 8_000) -> Iterator[Session]:
        """A configured session."""
        with call_agent(self.gateway.http, self.key, agent, rate) as session:
            session.configure()
            yield session

    @contextlib.contextmanager
    def twilio(self, agent: str) -> Iterator[Stream]:
        """A started stream."""
        with open_stream(self.stream_url(agent)) as stream:
            stream.start(NUMBERS)
            yield stream

    @property
    def log(self) -> str:
        return self.gateway.log_path.read_text()


def stream_url(gateway: Gateway, signer: keys.SigningKey, agent: str) -> str:
    claims = keys.Claims("telephony:stream", session=keys.Session(label=agent))
    token = gateway.keep_secret(keys.mint(signer, claims))
    return f"{gateway.ws}/v1/telephony/streams/twilio/{token}"


@contextlib.contextmanager
def calling(home: Path, agents: str, allow: list[str], secrets: tuple[str, ...] = ()) -> Iterator[Callers]:
    """A gateway with these agents beside those of `CONFIG`, which may dial `allow`.

    At the end it must have stopped cleanly and written none of the secrets down.
    """
    egress = "\n[egress]\nallow = [" + ", ".join(f'"{address}"' for address in allow) + "]\n"
    gateway = Gateway.start(home, CONFIG + egress + agents)
    try:
        for secret in secrets:
            gateway.keep_secret(secret)
        yield Callers(gateway, gateway.mint("--scopes", SCOPES), keys.seed_key(gateway.seed_line()))
        gateway.check_stopped()
    finally:
        gateway.process.kill()
        gateway.process.wait()


def toml_agent(name: str, **tables: dict[str, Any] | list[str]) -> str:
    """`[agents.NAME]` with these keys."""
    lines = [f"{key} = {toml(value)}" for key, value in tables.items()]
    return "\n".join(["", f"[agents.{name}]", *lines, ""])


def toml(value: Any) -> str:
    """A TOML value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {toml(inner)}' for key, inner in value.items()) + " }"
    return str(value)
