"""Programs that end with whoever started them, and whatever they have started with them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# How long a program has to end by itself after SIGTERM.
GRACE_S = 10


@contextmanager
def started(command: list[object], output: IO[bytes] | int) -> Iterator[subprocess.Popen[bytes]]:
    """Runs the command in a process group of its own, which is ended on the way out if the command has not ended."""
    words = [str(word) for word in command]
    process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(command: list[object], output: Path, timeout_s: float) -> str:
    """Runs the command to its end. Returns what was wrong: nothing if it ended with 0."""
    with output.open("wb") as file, started(command, file) as process:
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return f"ended after {timeout_s:g} s"
    return "" if code == 0 else output.read_text(errors="replace")[-1500:] or f"exit code {code}"
