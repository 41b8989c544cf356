"""The bots of `examples/bots`, as processes of their own, called through both sockets."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosedOK

from callers import Callers, calling, toml_agent
from carrier import FRAME_BYTES, Stream
from gateway import ROOT
from omni import Session
from programs import Program, run

EXAMPLES = ROOT / "examples" / "bots"
TOKEN = "example-token-0123456789-example-token"
REFUSED_TOKEN = "another-token-0123456789-another-token"
ECHOES = ("python", "node")
TRANSFER_TO = "+15550177"

# Negative zero, which no linear sample is coded as.
MINUS_ZERO, PLUS_ZERO = b"\x7f", b"\xff"


@pytest.fixture(scope="module")
def programs() -> Iterator[dict[str, Program]]:
    project = EXAMPLES / "node"
    made = subprocess.run([ROOT / ".ci" / "node-modules", project], stdout=subprocess.PIPE, text=True, check=True)
    options = ["--port", "0"]
    echo_options = [*options, "--token", TOKEN, "--transfer-to", TRANSFER_TO]
    with contextlib.ExitStack() as stack:
        python = stack.enter_context(run(sys.executable, EXAMPLES / "python" / "echo_bot.py", *echo_options))
        node_path = f"{made.stdout.strip()}/node_modules"
        node = stack.enter_context(run("node", project / "echo_bot.js", *echo_options, NODE_PATH=node_path))
        menu = stack.enter_context(run(sys.executable, EXAMPLES / "python" / "menu_bot.py", *options))
        yield {"python": python, "node": node, "menu": menu}


@pytest.fixture(scope="module")
def callers(programs: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    home = tmp_path_factory.mktemp("examples")
    (home / "token").write_text(f"Bearer {TOKEN}\n")

    def agent(name: str, program: str, token: object = f"Bearer {TOKEN}", **more: object) -> str:
        url = f"ws://{programs[program].address}/voice"
        headers = {"Authorization": token}
        table = {"url": url, "dialect": "ivr", "headers": headers} | more
        return toml_agent(name, bot=table, fallback=["echo"])

    agents = "".join(agent(name, name) for name in programs)
    agents += agent("python_24k", "python", sample_rate=24_000)
    agents += agent("python_binary", "python", binary=True)
    agents += agent("python_file", "python", token={"file": "token"})
    agents += agent("refused", "python", token=f"Bearer {REFUSED_TOKEN}")
    allow = [program.address for program in programs.values()]
    with calling(home, agents, allow, secrets=(TOKEN, REFUSED_TOKEN)) as placed:
        yield placed


def noise(seed: int, count: int) -> bytes:
    return random.Random(seed).randbytes(count)


def mulaw_noise(seed: int, frames: int) -> bytes:
    """Every code but one, which becomes its neighbour on the way through linear samples."""
    return noise(seed, frames * FRAME_BYTES).replace(MINUS_ZERO, PLUS_ZERO)


def echoed(session: Session | Stream, said: bytes) -> None:
    """What was said comes back, byte for byte."""
    before = len(session.heard)
    session.speak(said)
    session.wait_until(lambda: len(session.heard) >= before + len(said))
    assert session.heard[before:] == said


@pytest.mark.parametrize("agent", [*ECHOES, "python_binary"])
def test_an_omni_caller_hears_every_byte_again(callers: Callers, agent: str) -> None:
    with callers.omni(agent) as session:
        echoed(session, noise(1, 320 * 100))
        assert session.say_goodbye() == 1000


def test_an_omni_caller_at_24_khz(callers: Callers) -> None:
    with callers.omni("python_24k", 24_000) as session:
        echoed(session, noise(2, 960 * 100))


@pytest.mark.parametrize("agent", [*ECHOES, "python_binary"])
def test_a_twilio_caller_hears_every_byte_again(callers: Callers, agent: str) -> None:
    with callers.twilio(agent) as stream:
        echoed(stream, mulaw_noise(3, 100))
        assert stream.stop() == 1000


@pytest.mark.parametrize("agent", ECHOES)
def test_the_bot_is_told_who_calls_and_that_the_call_is_over(
    callers: Callers, programs: dict[str, Program], agent: str
) -> None:
    programs[agent].forget()
    with callers.twilio(agent) as stream:
        programs[agent].wait_line("start ")
        echoed(stream, mulaw_noise(4, 10))
        stream.stop()
    assert programs[agent].wait_line("stop ") == "stop callended"


@pytest.mark.parametrize("agent", ECHOES)
def test_the_bot_hangs_up(callers: Callers, programs: dict[str, Program], agent: str) -> None:
    programs[agent].forget()
    with callers.omni(agent) as session:
        echoed(session, noise(5, 320 * 10))
        session.control(type="dtmf", digit="#")
        assert session.read_to_close() == 1000
        assert session.events[-1]["event"] == "session_ending"
    assert programs[agent].wait_line("dtmf ") == "dtmf #"
    with callers.twilio(agent) as stream:
        echoed(stream, mulaw_noise(6, 10))
        stream.press("#")
        with pytest.raises(ConnectionClosedOK) as closed:
            stream.wait_until(lambda: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


@pytest.mark.parametrize("agent", ECHOES)
def test_a_transfer_where_the_callers_side_can(callers: Callers, agent: str) -> None:
    with callers.omni(agent) as session:
        echoed(session, noise(7, 320 * 10))
        session.control(type="dtmf", digit="0")
        assert session.wait_event("transfer_to_human")["destination"] == TRANSFER_TO
        assert session.read_to_close() == 1000


@pytest.mark.parametrize("agent", ECHOES)
def test_a_transfer_where_it_cannot(callers: Callers, programs: dict[str, Program], agent: str) -> None:
    programs[agent].forget()
    with callers.twilio(agent) as stream:
        echoed(stream, mulaw_noise(8, 10))
        stream.press("0")
        assert programs[agent].wait_line("transfer ") == "transfer failed no_carrier_control"
        echoed(stream, mulaw_noise(9, 10))
        assert stream.stop() == 1000


def test_a_token_from_a_file(callers: Callers, programs: dict[str, Program]) -> None:
    programs["python"].forget()
    with callers.omni("python_file") as session:
        programs["python"].wait_line("start ")
        echoed(session, noise(11, 320 * 10))


def test_a_token_that_is_refused_leads_to_the_fallback(callers: Callers) -> None:
    with callers.omni("refused") as session:
        echoed(session, noise(10, 320 * 20))
    assert "unauthorized" in callers.log


def pitch(samples: np.ndarray, rate: int) -> float:
    """The loudest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def test_marks_and_clear_of_the_menu_bot(callers: Callers, programs: dict[str, Program]) -> None:
    """Three seconds are cut short by a key; the key's own tone is played to its end, and the goodbye too."""
    programs["menu"].forget()
    with callers.omni("menu") as session:
        session.wait_until(lambda: len(session.heard) >= 8_000)
        session.control(type="dtmf", digit="5")
        session.wait_event("flush")
        cut = len(session.heard) // 2
        assert cut < 3 * 8_000, "the tone was not cut short"
        session.wait_until(lambda: len(session.heard) // 2 >= cut + 8_000)
        session.control(type="dtmf", digit="9")
        assert session.read_to_close() == 1000
    heard = np.frombuffer(bytes(session.heard), "<i2").astype(float)
    assert pitch(heard[:4_000], 8_000) == pytest.approx(440, abs=10)
    assert pitch(heard[cut + 800 : cut + 4_800], 8_000) == pytest.approx(750, abs=10)
    assert pitch(heard[-3_000:], 8_000) == pytest.approx(880, abs=10)
    marks = [programs["menu"].wait_line("mark ") for _ in range(3)]
    assert marks == ["mark menu", "mark key-5", "mark goodbye"]


def test_marks_of_a_bot_by_way_of_a_carriers(callers: Callers, programs: dict[str, Program]) -> None:
    """What the bot calls played is what the carrier has said is played."""
    programs["menu"].forget()
    with callers.twilio("menu") as stream:
        stream.wait_message("media")
        stream.press("1")
        stream.wait_message("clear")
        assert programs["menu"].wait_line("mark ") == "mark menu"
        heard = len(stream.heard)
        mark = stream.wait_message("mark")
        assert len(stream.heard) - heard >= 8_000, "the mark came before its audio"
        assert programs["menu"].lines.empty(), "told before the carrier's mark"
        stream.echo_mark(mark["mark"]["name"])
        assert programs["menu"].wait_line("mark ") == "mark key-1"
