"""Runs Trunkline and its peers side by side, prints what came of it, and holds it against the targets.

Usage: bench.py [--bin DIR] [--only REGEX] [--seconds N] [--keep] [--list]
Ends with 1, and keeps nothing, if a target that the kept results met is now missed by more than a fifth, if one that
they have cannot be measured in a whole run, or if a run of ours failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import machine
import own_group
import tables
from figures import Results, slim
from suite import Run, runs, targets

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "benches/results/peers.json"
# Of every run, whatever came of it.
LAST = ROOT / "target/bench.json"
# In seconds: the longest run takes a good minute; packages of a peer may have to be fetched.
TIMEOUT_S = 600
# What is to be made before a subject can be started, by what makes it. It takes longer than a server may.
PREPARATION = {
    "node": (".ci/node-modules", "loadtest/peers/node"),
    "python": (".ci/venv", "loadtest/peers/requirements-python.txt"),
    "pipecat": (".ci/venv", "loadtest/peers/requirements-pipecat.txt"),
    "agent-transport": (".ci/venv", "loadtest/peers/requirements-agent_transport.txt"),
}


def parse(words: list[str] | None = None) -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bin", type=Path, default=ROOT / "target/release", help="the built programs")
    arguments.add_argument("--only", type=re.compile, default=re.compile(""), help="runs whose name matches")
    arguments.add_argument("--seconds", type=int, help="length of every run that has no length of its own to keep")
    arguments.add_argument("--keep", action="store_true", help=f"write the results to {KEPT.relative_to(ROOT)}")
    arguments.add_argument("--list", action="store_true", help="name the runs and end")
    options = arguments.parse_args(words)
    if options.keep and not is_whole(options):
        arguments.error("--keep is for whole runs: expected no --only")
    return options


def is_whole(options: argparse.Namespace) -> bool:
    return not options.only.pattern


def load(run: Run, options: argparse.Namespace, cpus: tuple[int, int], directory: Path) -> tuple[dict | None, str]:
    """One run. Returns the report, if there is one, and what was wrong."""
    report = directory / "report.json"
    report.unlink(missing_ok=True)
    command = [options.bin / "trunkline-load", "run", run.scenario, "--subject", *run.subjects]
    command += ["--bin", options.bin, "--root", ROOT, "--json", report]
    command += ["--server-cpu", cpus[0], "--load-cpu", cpus[1]]
    seconds = options.seconds if run.seconds and options.seconds else run.seconds
    if run.calls:
        command += ["--calls", run.calls]
    if seconds:
        command += ["--seconds", seconds]
    said = own_group.run(command, directory / "said", TIMEOUT_S)
    return (slim(json.loads(report.read_text())) if report.exists() else None), said


def prepare(chosen: list[Run], directory: Path) -> list[str]:
    """Makes what peers need. Returns what failed."""
    subjects = {subject for run in chosen for subject in run.subjects}
    failed = []
    for subject, (maker, of) in PREPARATION.items():
        if subject in subjects and (said := own_group.run([ROOT / maker, ROOT / of], directory / "said", TIMEOUT_S)):
            failed.append(f"preparing {subject}:\n{said}")
    return failed


def measure(options: argparse.Namespace) -> tuple[Results, list[str]]:
    reports: dict[str, list[dict]] = {}
    cpus = machine.two_cpus()
    chosen = [run for run in runs() if options.only.search(run.name)]
    with tempfile.TemporaryDirectory() as directory:
        failed = prepare(chosen, Path(directory))
        for number, run in enumerate(chosen, 1):
            began = time.monotonic()
            for _ in range(run.repeat):
                report, said = load(run, options, cpus, Path(directory))
                if report is not None:
                    reports.setdefault(run.name, []).append(report)
                if said and not run.may_fail:
                    failed.append(f"{run.name}:\n{said}")
            line = tables.in_a_line(run, Results(reports))
            print(f"{number:>3}/{len(chosen)} {run.name:<22} {time.monotonic() - began:4.0f} s  {line}", flush=True)
    return Results(reports), failed


def judge(results: Results, *, whole: bool) -> tuple[dict[str, float], list[str]]:
    """What was reached of each target, and what is worse: had been met and is far off, or is gone from a whole run."""
    kept = json.loads(KEPT.read_text())["targets"] if KEPT.exists() else {}
    reached, worse = {}, []
    for target in targets():
        value = target.value(results)
        was = kept.get(target.name)
        if value is None:
            if whole and was is not None:
                worse.append(f"{target.name}: was {was:.3g}, could not be measured")
            continue
        reached[target.name] = value
        if was is not None and target.is_met(was) and target.is_far_off(value):
            worse.append(f"{target.name}: bound {target.bound}, was {was:.3g}, is {value:.3g}")
    return reached, worse


def keep(results: Results, reached: dict[str, float], wrong: list[str], *, asked: bool) -> None:
    """Writes the results down, and where that is asked for and nothing is wrong with them, as those to be held against."""
    content = {"machine": machine.facts(), "targets": reached, "runs": results.reports}
    text = json.dumps(content, separators=(",", ":")) + "\n"
    LAST.parent.mkdir(parents=True, exist_ok=True)
    LAST.write_text(text)
    if asked and wrong:
        print(f"{KEPT.name} is left as it was; these results are in {os.path.relpath(LAST, ROOT)}")
    elif asked:
        KEPT.write_text(text)


def main() -> int:
    options = parse()
    if options.list:
        print("\n".join(f"{run.name}: {run.scenario}, {' and '.join(run.subjects)}" for run in runs()))
        return 0
    results, failed = measure(options)
    reached, worse = judge(results, whole=is_whole(options))
    print(f"\n{machine.line()}\n")
    print(tables.side_by_side(results))
    print(tables.targets(reached))
    keep(results, reached, [*failed, *worse], asked=options.keep)
    for what, lines in (("FAILED", failed), ("WORSE", worse)):
        for line in lines:
            print(f"{what}: {line}")
    return 1 if failed or worse else 0


if __name__ == "__main__":
    sys.exit(main())
