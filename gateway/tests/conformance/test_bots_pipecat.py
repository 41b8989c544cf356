"""A Pipecat bot, unchanged, answers calls: as on Twilio, Plivo and Exotel."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosedOK

from callers import Callers, calling, toml_agent
from carrier import FRAME_BYTES
from programs import Program, run

DIALECTS = ("twilio", "plivo", "exotel")
# What its detector swallows before the bot itself listens: Plivo says no `connected`, so it takes a packet instead.
SWALLOWED_FRAMES = {"twilio": 0, "plivo": 1, "exotel": 0}
RATE = 8_000


@pytest.fixture(scope="module")
def pipecat() -> Iterator[Program]:
    with run(sys.executable, Path(__file__).with_name("pipecat_bot.py")) as program:
        yield program


@pytest.fixture(scope="module")
def callers(pipecat: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    def agent(dialect: str) -> str:
        return toml_agent(dialect, bot={"url": f"ws://{pipecat.address}/voice", "dialect": dialect})

    agents = "".join(map(agent, DIALECTS))
    with calling(tmp_path_factory.mktemp("pipecat"), agents, [pipecat.address]) as placed:
        yield placed


def sweep(samples: int) -> bytes:
    at = np.arange(samples) / RATE
    return (np.sin(2 * np.pi * (200 + 300 * at) * at) * 9_000).astype("<i2").tobytes()


def error(heard: bytes, said: bytes) -> float:
    """RMS of their difference."""
    difference = np.frombuffer(heard, "<i2").astype(float) - np.frombuffer(said, "<i2").astype(float)
    return float(np.sqrt(np.mean(difference**2)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_takes_us_for_the_carrier_and_gives_back_what_it_hears(
    callers: Callers, pipecat: Program, dialect: str
) -> None:
    """A carrier's caller: every byte, but for negative zero, which no linear sample is coded as."""
    pipecat.forget()
    said = random.Random(1).randbytes(100 * FRAME_BYTES).replace(b"\x7f", b"\xff")
    swallowed = SWALLOWED_FRAMES[dialect] * FRAME_BYTES
    with callers.twilio(dialect) as stream:
        stream.speak(said)
        assert pipecat.wait_line("call ").split()[1] == dialect
        # Pipecat sends pieces of 40 ms and keeps what is less.
        whole = (len(said) - swallowed) // (2 * FRAME_BYTES) * 2 * FRAME_BYTES
        stream.wait_until(lambda: len(stream.heard) >= whole)
        assert stream.heard[:whole] == said[swallowed : swallowed + whole]
        assert stream.stop() == 1000
    pipecat.wait_line("gone")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_omni_caller_loses_no_more_than_the_carriers_codec_takes(
    callers: Callers, pipecat: Program, dialect: str
) -> None:
    pipecat.forget()
    said = sweep(100 * FRAME_BYTES)
    swallowed = SWALLOWED_FRAMES[dialect] * FRAME_BYTES * 2
    with callers.omni(dialect) as session:
        session.speak(said)
        pipecat.wait_line("call ")
        whole = (len(said) - swallowed) // (4 * FRAME_BYTES) * 4 * FRAME_BYTES
        session.wait_until(lambda: len(session.heard) >= whole)
        assert error(bytes(session.heard[:whole]), said[swallowed : swallowed + whole]) < 9_000 / 30
        assert session.say_goodbye() == 1000


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_hears_keys_and_its_interruption_clears_what_is_queued(
    callers: Callers, pipecat: Program, dialect: str
) -> None:
    pipecat.forget()
    with callers.twilio(dialect) as stream:
        pipecat.wait_line("StartFrame")
        stream.speak(b"\x80" * 400 * FRAME_BYTES)
        stream.wait_message("media")
        stream.press("*")
        assert pipecat.wait_line("dtmf ") == "dtmf *"
        stream.wait_message("clear")
        assert len(stream.heard) < 400 * FRAME_BYTES


@pytest.mark.parametrize("dialect", ["twilio", "plivo"])
def test_it_ends_the_call_by_closing(callers: Callers, pipecat: Program, dialect: str) -> None:
    """What Twilio and Plivo take for the end of the stream is the end of the call here."""
    pipecat.forget()
    with callers.twilio(dialect) as stream:
        pipecat.wait_line("StartFrame")
        stream.press("#")
        with pytest.raises(ConnectionClosedOK) as closed:
            stream.wait_until(lambda: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
    pipecat.wait_line("EndFrame")
