#!/usr/bin/env python3
"""Draws the sweeps of docs/audio-quality.md: ours beside `sox rate -v` and ffmpeg's resampler, on the same tones.

    cargo run --profile ci -p trunkline-codecs --example sweep -- /tmp/sweep
    python3 -m venv /tmp/plot && /tmp/plot/bin/pip install numpy matplotlib
    /tmp/plot/bin/python docs/audio-quality/plot.py /tmp/sweep

Needs sox and ffmpeg. Writes the PNGs beside itself.
"""

import csv
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
PEAK = 16422.8
# Left out at both ends of a tone: its swell, and whatever a resampler delays or smears.
EDGE_S = 0.03
# Digital silence has no logarithm; a tenth of the last bit is drawn instead.
FLOOR = 0.1

FIGURES = {
    "telephone": [(8000, 16000), (8000, 24000), (8000, 48000)],
    "wideband": [(16000, 24000), (16000, 48000), (24000, 48000)],
    "music-telephone": [(8000, 22050), (8000, 44100), (22050, 44100)],
    "music-16k": [(16000, 22050), (16000, 44100), (22050, 24000)],
    "music-48k": [(24000, 44100), (22050, 48000), (44100, 48000)],
}
CONVERTERS = {"trunkline": "tab:red", "sox rate -v": "tab:blue", "ffmpeg": "tab:green"}


def main(directory):
    tones = defaultdict(list)
    with open(directory / "sweep.csv", newline="") as table:
        for row in csv.DictReader(table):
            pair = (int(row["in_hz"]), int(row["out_hz"]))
            tones[pair].append((float(row["frequency_hz"]), float(row["from_s"]), float(row["to_s"])))
    for name, pairs in FIGURES.items():
        both_ways = pairs + [(b, a) for a, b in pairs]
        figure, axes = plt.subplots(2, 3, figsize=(13, 7.2), sharey=True)
        for axis, pair in zip(axes.flat, both_ways):
            draw(axis, directory, pair, tones[pair])
        axes[0][0].legend(loc="lower left", fontsize=8)
        figure.tight_layout()
        path = HERE / f"{name}.png"
        figure.savefig(path, dpi=75)
        # A palette is enough for lines, and a third of the bytes.
        Image.open(path).convert("RGB").quantize(48, dither=Image.Dither.NONE).save(path, optimize=True)
        plt.close(figure)


def draw(axis, directory, pair, tones):
    in_hz, out_hz = pair
    for converter, colour in CONVERTERS.items():
        samples = convert(directory, pair, converter)
        frequencies = np.array([frequency for frequency, _, _ in tones])
        levels = np.array([measure(samples, out_hz, *tone) for tone in tones])
        axis.plot(frequencies / 1e3, levels[:, 0], color=colour, lw=1.4, label=f"{converter}: tone")
        axis.plot(frequencies / 1e3, levels[:, 1], color=colour, lw=0.9, ls=":", label=f"{converter}: all else")
    low = min(pair) / 2e3
    for corner in (0.85 * low, 1.15 * low):
        if corner <= in_hz / 2e3:
            axis.axvline(corner, color="0.8", lw=0.8, zorder=0)
    axis.set_title(f"{in_hz / 1e3:g} to {out_hz / 1e3:g} kHz", fontsize=10)
    axis.set_xlabel("tone, kHz", fontsize=8)
    axis.set_ylabel("out, dB of the tone in", fontsize=8)
    axis.set_ylim(-120, 5)
    axis.set_xlim(0, in_hz / 2e3)
    axis.grid(color="0.93")
    axis.tick_params(labelsize=8)


def convert(directory, pair, converter):
    """The samples that came out. Neither tool dithers, neither do we."""
    in_hz, out_hz = pair
    stem = f"{in_hz}-{out_hz}"
    path = directory / f"{stem}.trunkline.s16"
    source = directory / f"{stem}.in.s16"
    if converter == "sox rate -v":
        path = directory / f"{stem}.sox.s16"
        raw = ["-t", "raw", "-e", "signed", "-b", "16", "-c", "1"]
        run("sox", "-D", *raw, "-r", str(in_hz), str(source), *raw, "-r", str(out_hz), str(path), "rate", "-v")
    elif converter == "ffmpeg":
        path = directory / f"{stem}.ffmpeg.s16"
        raw = ["-f", "s16le", "-ac", "1"]
        run("ffmpeg", "-v", "error", "-y", *raw, "-ar", str(in_hz), "-i", str(source),
            "-af", f"aresample={out_hz}", *raw, "-ar", str(out_hz), str(path))
    return np.fromfile(path, "<i2").astype(float)


def run(*command):
    subprocess.run(command, check=True)


def measure(samples, rate_hz, frequency, from_s, to_s):
    """The tone and all else in the steady middle of a tone, in dB of what went in."""
    first, last = int((from_s + EDGE_S) * rate_hz), int((to_s - EDGE_S) * rate_hz)
    middle = samples[first:last]
    tone = 0.0
    if frequency < rate_hz / 2:
        angle = 2 * np.pi * frequency / rate_hz * np.arange(len(middle))
        basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        weights, *_ = np.linalg.lstsq(basis, middle, rcond=None)
        tone = np.hypot(*weights)
        middle = middle - basis @ weights
    rest = np.sqrt(2 * np.mean(middle**2))
    return 20 * np.log10(max(tone, FLOOR) / PEAK), 20 * np.log10(max(rest, FLOOR) / PEAK)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
