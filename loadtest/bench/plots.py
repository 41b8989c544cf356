"""Plots of results."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from figures import Results

matplotlib.use("svg")
# Text stays text, and the same results give the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "trunkline", "font.size": 10, "axes.grid": True, "grid.alpha": 0.3})

from matplotlib import pyplot  # noqa: E402

CALLS = (20, 50, 100, 200, 400, 800, 1000)
# Colours that colour-blind readers tell apart (Okabe and Ito).
SERIES = {
    "direct": ("direct echo", "#000000", "x"),
    "haproxy": ("haproxy", "#E69F00", "s"),
    "relay": ("bare relay", "#56B4E9", "^"),
    "gateway": ("Trunkline (a)", "#009E73", "o"),
    "gateway 24k": ("Trunkline (b)", "#D55E00", "D"),
    "node": ("Node ws relay", "#CC79A7", "v"),
    "python": ("Python websockets relay", "#0072B2", "P"),
    "agent-transport": ("agent-transport", "#999999", "*"),
    "pipecat": ("Pipecat", "#F0E442", "h"),
}
NINES = {0: "0 %", 1: "90 %", 2: "99 %", 3: "99.9 %", 4: "99.99 %"}


def draw(results: Results, directory: Path) -> list[Path]:
    return [
        latency(results, directory / "latency.svg"),
        against_calls(results, directory / "cpu.svg", "cpu_percent_per_call", "% of a CPU a call", log=True),
        against_calls(results, directory / "memory.svg", "rss_loaded_kib", "MiB resident", scale=1 / 1024, log=True),
    ]


def latency(results: Results, path: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for prefix, (title, colour, _) in SERIES.items():
        name = f"{prefix} 200"
        for group in list(results.groups(name))[:1]:
            points = group["spans_us"].get("round_trip", {}).get("distribution", [])
            points = [(nines(quantile), us / 1000) for quantile, us in points if quantile < 1]
            if points:
                axes.plot(*zip(*points, strict=True), label=title, color=colour)
    axes.set(title="200 calls: round trip from when a frame was due", xlabel="of the frames", ylabel="ms", yscale="log")
    axes.set_xticks(list(NINES), list(NINES.values()))
    return save(figure, axes, path)


def nines(quantile: float) -> float:
    from math import log10

    return -log10(1 - quantile)


def against_calls(results: Results, path: Path, key: str, label: str, scale: float = 1, *, log: bool) -> Path:
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for prefix, (title, colour, marker) in SERIES.items():
        points = [(calls, value * scale) for calls in CALLS if (value := results.server(f"{prefix} {calls}", key))]
        if points:
            axes.plot(*zip(*points, strict=True), label=title, color=colour, marker=marker)
    axes.set(title=f"{label}, by calls at once", xlabel="calls", ylabel=label, xscale="log", yscale="log" if log else "linear")
    axes.set_xticks(CALLS, [str(calls) for calls in CALLS])
    axes.minorticks_off()
    return save(figure, axes, path)


def save(figure: pyplot.Figure, axes: pyplot.Axes, path: Path) -> Path:
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path
