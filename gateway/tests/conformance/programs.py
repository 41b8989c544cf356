"""Other people's servers as processes: started on a free port, their output kept, stopped by their id."""

from __future__ import annotations

import contextlib
import queue
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from gateway import clean_environment, first_line

STOP_S = 10
LINE_S = 15


class Program:
    """A running server that has said where it listens. Its further lines are waited for in order."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self.keep_lines)
        self.reader.start()

    def keep_lines(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def forget(self) -> None:
        """Drops the lines of calls before this."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.lines.get_nowait()

    def wait_line(self, start: str) -> str:
        """The next line that begins so; what comes before it is dropped."""
        skipped: list[str] = []
        while True:
            try:
                line = self.lines.get(timeout=LINE_S)
            except queue.Empty:
                raise AssertionError(f"no line {start!r} within {LINE_S} s, but {skipped}") from None
            if line.startswith(start):
                return line
            skipped.append(line)


@contextlib.contextmanager
def run(*command: str | Path, **environment: str) -> Iterator[Program]:
    """Starts it and waits for its first line, `listening on ADDR`."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment() | environment,
    )
    program = None
    try:
        line = first_line(process)
        found = re.fullmatch(r"listening on (127\.0\.0\.1:\d+)\n", line)
        assert found, f"first line {line!r} of {command[0]}"
        program = Program(process, found[1])
        yield program
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if program is not None:
            program.reader.join(STOP_S)
        assert process.stdout is not None
        process.stdout.close()
