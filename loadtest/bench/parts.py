"""Where the time of a frame goes: samples the gateway in scenarios (a) and (b) with perf, and adds them up by part.

Usage: parts.py [--bin DIR] [--calls N]
Writes benches/results/profile.json. Needs perf and the right to use it. The clock is sampled: hardware counters are not
to be had on virtual machines, and what is shorter than a sample is put on its neighbours.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import machine
import own_group
from bench import ROOT

KEPT = ROOT / "benches/results/profile.json"
SECONDS, LOOK = 16, 8

# The first that matches counts. Symbols of the kernel are seen within the system call that led to them.
PARTS = [
    ("kernel: send", r"^(__x64_)?sys_send|__sys_sendto|sock_sendmsg"),
    ("kernel: receive", r"__sys_recvfrom|sock_recvmsg|sys_recv"),
    ("kernel: epoll", r"epoll"),
    ("kernel: the rest (scheduler, timers, interrupts)", r"\[k\]$"),
    ("WebSocket framing", r"websocket|simdutf8|shard::link|from_utf8"),
    ("sockets, of tokio", r"tokio::(runtime::io|net)|mio|shard::(tcp|transport)|ScheduledIo|PollEvented|Registration"),
    ("timers and scheduling, of tokio", r"^tokio|runtime::"),
    ("Twilio and bot messages (JSON, base64)", r"trunkline_protocol|serde|base64|memchr|memmem"),
    ("codecs: resampling, G.711", r"trunkline_codecs"),
    ("the agent", r"trunkline_engines"),
    ("the call: uplink, playout, turns, marks", r"trunkline_call"),
    ("the driver", r"trunkline::shard|trunkline::"),
]
PARTS = [(name, re.compile(pattern)) for name, pattern in PARTS]


def parse() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bin", type=Path, default=ROOT / "target/release")
    arguments.add_argument("--calls", type=int, default=200)
    return arguments.parse_args()


def part(stack: list[str]) -> str:
    """The part that a stack belongs to, innermost function first."""
    in_kernel = stack[0].endswith("[k]")
    for name, pattern in PARTS:
        if in_kernel != name.startswith("kernel"):
            continue
        # A system call is told by any function above; a program's part by the innermost that has one.
        if in_kernel and any(pattern.search(function) for function in stack):
            return name
    for function in stack:
        for name, pattern in PARTS:
            if not name.startswith("kernel") and pattern.search(function):
                return name
    return "the rest (C library and unknown)"


def stacks(data: Path) -> list[list[str]]:
    """Every sample's stack, innermost first, functions of the kernel marked."""
    script = ["perf", "script", "-i", str(data), "-F", "comm,ip,sym,dso", "--no-inline"]
    said = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    found = []
    for block in said.split("\n\n"):
        lines = block.strip().split("\n")
        if not lines[0].startswith("shard-"):
            continue
        stack = []
        for line in lines[1:]:
            match = re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line)
            if match:
                stack.append(match[1] + (" [k]" if "kernel" in match[2] else ""))
        if stack:
            found.append(stack)
    return found


def child(pid: int) -> int:
    """The gateway that the load program has started."""
    for _ in range(100):
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if said:
            return int(said[-1])
        time.sleep(0.1)
    sys.exit("parts.py: the gateway did not start")


def record(load: subprocess.Popen[bytes], data: Path) -> None:
    """Samples the gateway that the load program has started."""
    look = ["perf", "record", "-q", "-o", str(data), "-e", "cpu-clock", "-F", "4000", "--call-graph", "fp"]
    look += ["-p", str(child(load.pid)), "--", "sleep", str(LOOK)]
    done = subprocess.run(look, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"parts.py: perf record failed: {done.stderr.strip()[-500:]}")


def profile(scenario: str, options: argparse.Namespace, cpus: tuple[int, int]) -> dict:
    with tempfile.TemporaryDirectory() as directory:
        data, report = Path(directory) / "perf.data", Path(directory) / "report.json"
        command = [options.bin / "trunkline-load", "run", scenario, "--bin", options.bin, "--root", ROOT, "--json", report]
        command += ["--calls", options.calls, "--seconds", SECONDS]
        command += ["--server-cpu", cpus[0], "--load-cpu", cpus[1]]
        with (Path(directory) / "said").open("wb") as file, own_group.started(command, file) as load:
            time.sleep(1 + options.calls / 100 + 2)
            record(load, data)
            if load.wait(timeout=120) != 0:
                sys.exit(f"parts.py: {scenario} failed: {Path(file.name).read_text(errors='replace')[-1500:]}")
        us_a_frame = json.loads(report.read_text())["groups"][0]["server"]["cpu_us_per_frame"]
        samples = stacks(data)
    counts = Counter(part(stack) for stack in samples)
    functions = Counter(stack[0].removesuffix(" [k]") for stack in samples if not stack[0].endswith("[k]"))
    total = max(len(samples), 1)
    return {
        "us_a_frame": us_a_frame,
        "samples": len(samples),
        "parts": {name: count / total for name, count in counts.most_common()},
        "functions": {name: count / total for name, count in functions.most_common(12)},
    }


def main() -> None:
    options = parse()
    if shutil.which("perf") is None:
        sys.exit("parts.py: perf is missing (linux-perf on Debian, perf on Fedora)")
    cpus = machine.two_cpus()
    kept = {"machine": machine.facts(), "calls": options.calls}
    for scenario in ("twilio-8k", "twilio-24k"):
        kept[scenario] = profile(scenario, options, cpus)
        print(f"{scenario}: {kept[scenario]['us_a_frame']:.1f} µs a frame, {kept[scenario]['samples']} samples")
        for name, share in kept[scenario]["parts"].items():
            print(f"  {100 * share:5.1f} %  {name}")
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
