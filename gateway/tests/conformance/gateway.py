"""A gateway of our own as a process: started on a free port, stopped by its id, its log kept.

It never talks to the gateway but by its command line, its sockets and its files.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

CONFIG = """
[agents.booking]
script = "builtin:booking"

[agents.echo]
echo = true

[limits]
drain_ms = 2000
"""

START_S = 30
STOP_S = 20

# So many characters of a key are no coincidence.
PART = 24


def binary() -> Path:
    """The `trunkline` under test: `TRUNKLINE_BIN`, or the one of profile ci."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = Path(os.environ.get("TRUNKLINE_BIN", target / "ci" / "trunkline"))
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a built gateway; run `make build`")
    return path


def clean_environment() -> dict[str, str]:
    """Ours without what would configure the gateway behind the tests' back."""
    return {k: v for k, v in os.environ.items() if not k.startswith("TRUNKLINE_")}


@dataclass
class Gateway:
    """A running gateway and the keys it must never write down."""

    process: subprocess.Popen[str]
    address: str
    data_dir: Path
    log_path: Path
    secrets: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, home: Path, config: str = CONFIG) -> Gateway:
        """Starts one whose files are all under `home`, with every log line switched on."""
        home.mkdir(parents=True, exist_ok=True)
        config_path, log_path = home / "trunkline.toml", home / "log"
        config_path.write_text(config)
        command = [binary(), "serve", "--listen", "127.0.0.1:0", "--log", "trace"]
        command += ["--data-dir", home / "data", "--config", config_path]
        with log_path.open("w") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=clean_environment(),
            )
        try:
            line = first_line(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        found = re.fullmatch(r"listening on (127\.0\.0\.1:\d+)\n", line)
        if not found:
            process.kill()
            process.wait()
            raise RuntimeError(f"first line {line!r}, log:\n{log_path.read_text()}")
        return cls(process, found[1], home / "data", log_path)

    @property
    def http(self) -> str:
        return f"http://{self.address}"

    @property
    def ws(self) -> str:
        return f"ws://{self.address}"

    def mint(self, *options: str) -> str:
        """A key from `trunkline keys mint`, remembered as one of the secrets."""
        return self.keep_secret(self.keys("mint", *options).strip())

    def keys(self, command: str, *options: str, stdin: str = "") -> str:
        """What `trunkline keys COMMAND` prints for this gateway's data directory."""
        done = subprocess.run(
            [binary(), "keys", command, "--data-dir", self.data_dir, *options],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=True,
            env=clean_environment(),
        )
        return done.stdout

    def keep_secret(self, text: str) -> str:
        self.secrets.append(text)
        return text

    def seed_line(self) -> str:
        """The line of the signing key's file."""
        return self.keep_secret((self.data_dir / "signing.key").read_text().strip())

    def terminate(self) -> None:
        self.process.terminate()

    def wait(self) -> int:
        """The exit code; a gateway that does not stop in time is killed, which is no success."""
        try:
            code = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def leaks(self) -> list[str]:
        """The secrets, and parts of them, that the log holds; each only by its first characters."""
        log = self.log_path.read_text()
        return [secret[:12] + "…" for secret in self.secrets if any(p in log for p in parts(secret))]

    def check_stopped(self) -> None:
        """Stops it and asserts that it went well: exit code 0, nothing planted in the log, no panic."""
        self.terminate()
        code = self.wait()
        log = self.log_path.read_text()
        assert code == 0, f"exit code {code}, log ends with:\n{log[-4000:]}"
        assert self.leaks() == [], "keys in the log"
        assert "panicked" not in log


def parts(secret: str) -> list[str]:
    """A secret as a whole, its middle and its end: a log line that cuts it still gives it away."""
    middle = len(secret) // 2
    return [secret, secret[middle : middle + PART], secret[-PART:]]


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line of standard output, waited for no longer than `START_S`."""
    assert process.stdout is not None
    deadline = time.monotonic() + START_S
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(deadline - time.monotonic()):
            raise TimeoutError(f"no line on standard output within {START_S} s")
    return process.stdout.readline()
