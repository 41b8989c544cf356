"""Where and of what figures were taken."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def facts() -> dict[str, str]:
    return {
        "cpu": cpu(),
        "cpus": str(len(Path("/proc/cpuinfo").read_text().split("\n\n")) - 1),
        "kernel": platform.release().split("-")[0],
        "rustc": said("rustc", "--version").split(" (")[0],
        "commit": said("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "date": date.today().isoformat(),
    }


def line(of: dict[str, str] | None = None) -> str:
    of = of or facts()
    return f"{of['cpu']}, {of['cpus']} CPUs, Linux {of['kernel']}, {of['rustc']}, commit {of['commit']}, {of['date']}"


def cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def two_cpus() -> tuple[int, int]:
    """One for the server, and one for the load: the first two that this program may use."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        sys.exit(f"expected two CPUs, one for the server and one for the load; usable: {usable}")
    return usable[0], usable[1]


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
