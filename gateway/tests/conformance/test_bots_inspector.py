"""Our tools for builders of bots, against bots and a carrier that are not ours."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from carrier import FRAME_BYTES, open_stream
from gateway import ROOT, binary, clean_environment
from programs import Program, run

PYTHON_BOTS = ROOT / "examples" / "bots" / "python"
PIPECAT_BOT = Path(__file__).with_name("pipecat_bot.py")
TOKEN = "inspector-token-0123456789-inspector"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a tone."""
    path = tmp_path_factory.mktemp("inspector") / "caller.wav"
    at = np.arange(8_000) / 8_000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes((np.sin(2 * np.pi * 440 * at) * 9_000).astype("<i2").tobytes())
    return path


def inspect(program: Program, recording: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, report, and what was printed."""
    report = recording.with_suffix(".json")
    command = [binary(), "call", "--to-bot", f"ws://{program.address}/voice", "--wav", recording, "--json", report]
    done = subprocess.run(
        [*command, "--linger-s", "1", *options],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )
    assert TOKEN not in done.stdout + done.stderr + report.read_text()
    return done.returncode, json.loads(report.read_text()), done.stdout


def test_an_example_is_found_in_order(recording: Path) -> None:
    with run(sys.executable, PYTHON_BOTS / "echo_bot.py", "--port", "0", "--token", TOKEN) as program:
        header = ["--header", f"Authorization: Bearer {TOKEN}"]
        code, _, said = inspect(program, recording, *header)
        assert code == 0, said
        assert "0 faults, 0 warnings" in said
        code, _, said = inspect(program, recording, *header, "--dtmf", "#@0.5")
        assert code == 0, said
        assert program.wait_line("dtmf ") == "dtmf #"


def test_a_refused_upgrade_is_told_with_its_status(recording: Path) -> None:
    with run(sys.executable, PYTHON_BOTS / "echo_bot.py", "--port", "0", "--token", TOKEN) as program:
        code, _, said = inspect(program, recording)
    assert code == 1
    assert "401" in said


@pytest.mark.parametrize("dialect", ["twilio", "plivo"])
def test_pipecat_is_found_in_order(recording: Path, dialect: str) -> None:
    with run(sys.executable, PIPECAT_BOT) as program:
        code, _, said = inspect(program, recording, "--bot-dialect", dialect)
    assert code == 0, said


def test_pipecats_pieces_are_smaller_than_exotel_wants(recording: Path) -> None:
    with run(sys.executable, PIPECAT_BOT) as program:
        code, _, said = inspect(program, recording, "--bot-dialect", "exotel")
    assert code == 1
    assert "chunk_size" in said


def test_our_bot_gives_a_carrier_every_byte_back() -> None:
    said = random.Random(1).randbytes(100 * FRAME_BYTES)
    with run(binary(), "bot", "--listen", "127.0.0.1:0") as program, open_stream(f"ws://{program.address}/") as stream:
        stream.start()
        stream.speak(said)
        stream.wait_until(lambda: len(stream.heard) >= len(said))
        assert stream.heard == said
