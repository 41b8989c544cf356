"""Results as tables in Markdown, which a terminal shows as well."""

from __future__ import annotations

import suite
from figures import Results
from suite import Run

PAIRS = {
    "aa": "haproxy ÷ haproxy (A/A)",
    "a / haproxy": "(a) gateway ÷ haproxy",
    "a / relay": "(a) gateway ÷ bare relay",
    "a json / haproxy": "(a) with JSON to the bot ÷ haproxy",
    "a vad / haproxy": "(a) with voice activity ÷ haproxy",
    "b / haproxy": "(b) gateway ÷ haproxy at 24 kHz",
    "b / relay": "(b) gateway ÷ bare relay",
}

SEPARATE = [
    ("direct", "direct echo, nobody between"),
    ("haproxy", "haproxy, plain proxy"),
    ("relay", "bare Rust relay"),
    ("gateway", "**Trunkline (a)**"),
    ("gateway 24k", "**Trunkline (b)**"),
    ("node", "Node `ws` relay, JSON"),
    ("python", "Python `websockets` relay, JSON"),
    ("agent-transport", "agent-transport, echo"),
    ("pipecat", "Pipecat, echo"),
]


def in_a_line(run: Run, results: Results) -> str:
    """What a run came to."""
    if run.name not in results.reports:
        return "no report"
    ratio = results.ratio(run.name)
    percent = results.server(run.name, "cpu_percent_per_call")
    parts = [
        f"ratio {ratio:.3f} of {', '.join(f'{one:.3f}' for one in results.ratios(run.name))}" if ratio else "",
        milliseconds("round trip", results, run.name, "round_trip"),
        milliseconds("set-up", results, run.name, "set_up"),
        milliseconds("clear", results, run.name, "clear"),
        f"{percent:.4f} % a call" if percent else "",
        f"load CPU {number(results.load_percent(run.name), 0)} %",
        "" if results.is_clean(run.name) else "not clean",
    ]
    return ", ".join(part for part in parts if part)


def milliseconds(title: str, results: Results, name: str, span: str) -> str:
    p50, p99 = (results.ms(name, span, quantile) for quantile in ("p50", "p99"))
    return "" if p50 is None else f"{title} {p50:.2f}/{p99:.2f} ms"


def side_by_side(results: Results) -> str:
    return "\n".join([paired(results), separate(results), added(results)])


def paired(results: Results) -> str:
    rows = [
        (title, f"{ratio:.3f}", ", ".join(f"{one:.3f}" for one in results.ratios(name)))
        for name, title in PAIRS.items()
        if (ratio := results.ratio(name)) is not None
    ]
    return table(("CPU a call, paired, 200 calls each", "median", "each run"), rows)


def separate(results: Results) -> str:
    rows = []
    for prefix, title in SEPARATE:
        for calls in (20, 50, 100, 200, 400, 800, 1000):
            name = f"{prefix} {calls}"
            if name in results.reports:
                rows.append((title, str(calls), *columns(results, name)))
    head = ("alone", "calls", "p50 ms", "p99 ms", "gap p99 ms", "µs a frame", "% of a CPU a call", "KiB a call", "calls a core", "load CPU %", "lost", "")
    return table(head, rows)


def columns(results: Results, name: str) -> tuple[str, ...]:
    sent = results.count(name, "sent")
    lost = results.count(name, "lost") + results.count(name, "damaged")
    return (
        number(results.ms(name, "wire", "p50"), 2),
        number(results.ms(name, "wire", "p99"), 2),
        number(results.ms(name, "gap", "p99"), 1),
        number(results.server(name, "cpu_us_per_frame"), 1),
        number(results.server(name, "cpu_percent_per_call"), 3),
        number(results.server(name, "rss_kib_per_call"), 0),
        number(results.calls_a_core(name), 0),
        number(results.load_percent(name), 0),
        "0" if not lost else f"{100 * lost / max(sent, 1):.2f} %",
        "" if results.is_clean(name) else "not clean",
    )


def added(results: Results) -> str:
    rows = []
    for calls in (1, 3, 20, 200):
        name = f"a + direct {calls}"
        if name in results.reports:
            each = [results.added_ms(name, quantile) for quantile in ("p50", "p99")]
            direct = [results.ms(name, "round_trip", quantile, at=1) for quantile in ("p50", "p99")]
            rows.append((str(calls), *(number(value, 2) for value in each + direct)))
    return table(("(a), calls", "added p50 ms", "added p99 ms", "direct p50 ms", "direct p99 ms"), rows)


SCENARIOS = {
    "omni-echo 200": "(c) Omni 24 kHz, echo inside the gateway, 200 calls",
    "omni-echo 400": "(c) the same, 400 calls",
    "omni-silent": "(f) 9,000 Omni sockets, configured and silent",
    "churn": "(g) 200 new calls a second, each 1 s to a bot of its own",
    "barge-in": "(h) 200 bots cut themselves off every 2 s",
    "barge-in-storm": "(h) all of them at the same moment",
    "stall": "callers read nothing for 2 s",
    "freeze": "callers neither read nor send for 2 s",
    "deaf": "one caller in ten never reads",
    "early": "audio before the call is announced",
    "twins": "two sockets for each call, under one name",
}


def scenarios(results: Results) -> str:
    rows = []
    for name, title in SCENARIOS.items():
        if name in results.reports:
            done = f"{results.count(name, 'completed'):,}"
            memory = results.server(name, "rss_kib_per_call")
            rows.append((title, done, story(results, name), number(memory, 1), "yes" if results.is_clean(name) else "**no**"))
    return table(("scenario", "calls completed", "p50 / p99 / max ms", "KiB a call", "clean"), rows)


def story(results: Results, name: str) -> str:
    """The times that a scenario is about."""
    shown = {
        "first frame": "first_frame",
        "clear": "clear",
        "late frame of a burst": "after_latest",
        "old delay": "recovery",
        "there and back": "wire",
    }
    parts = []
    for title, span in shown.items():
        values = [results.ms(name, span, quantile) for quantile in ("p50", "p99", "max")]
        if values[0] is not None and not (span == "wire" and results.ms(name, "recovery", "p50") is not None):
            parts.append(f"{title} {' / '.join(number(value, 2) for value in values)}")
    return "; ".join(parts)


def targets(reached: dict[str, float]) -> str:
    rows = []
    for target in suite.targets():
        value = reached.get(target.name)
        sign = "≥" if target.at_least else "≤"
        met = "not measured" if value is None else ("yes" if target.is_met(value) else "**no**")
        shown = "–" if value is None else f"{number(value, 3)} {target.unit}".strip()
        rows.append((target.name, f"{sign} {target.bound:g} {target.unit}".strip(), shown, met))
    return table(("target", "bound", "reached", "met"), rows)


def profile(kept: dict) -> str:
    """Microseconds a frame by part, in both scenarios."""
    both = [kept[scenario] for scenario in ("twilio-8k", "twilio-24k")]
    names = sorted({name for one in both for name in one["parts"]}, key=lambda name: -both[0]["parts"].get(name, 0))
    rows = []
    for name in names:
        shares = [one["parts"].get(name, 0) for one in both]
        rows.append((name, *(f"{share * one['us_a_frame']:.1f} ({100 * share:.0f} %)" for share, one in zip(shares, both))))
    rows.append(("all", *(f"{one['us_a_frame']:.1f}" for one in both)))
    return table((f"µs a frame, {kept['calls']} calls", "(a) 8 kHz", "(b) 24 kHz"), rows)


def number(value: float | None, digits: int) -> str:
    if value is None:
        return "–"
    return f"{value:,.{digits}f}" if value < 1000 else f"{value:,.0f}"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines) + "\n"
