"""The reports of trunkline-load, and what is read from them."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

# Where the direct echo itself is later than this, nothing can be said of what was added to it.
VOID_MS = 5.0


class Results:
    """Reports by the name of the run, each as often as it was run."""

    def __init__(self, reports: dict[str, list[dict[str, Any]]]) -> None:
        self.reports = reports

    def names(self) -> list[str]:
        return list(self.reports)

    def figure(self, name: str) -> dict[str, Any]:
        return self.reports[name][0]

    def clean(self, name: str) -> list[dict[str, Any]]:
        """Reports in which nothing was wrong with any of the groups, those of peers too."""
        return [report for report in self.reports.get(name, []) if all(group["clean"] for group in report["groups"])]

    def ratio(self, name: str) -> float | None:
        """CPU a frame of the first server against the second's, of clean reports."""
        return median(ratios) if (ratios := self.ratios(name)) else None

    def ratios(self, name: str) -> list[float]:
        return sorted(report["cpu_ratio"] for report in self.clean(name) if report["cpu_ratio"])

    def groups(self, name: str, at: int = 0) -> Iterator[dict[str, Any]]:
        for report in self.reports.get(name, []):
            yield report["groups"][at]

    def ms(self, name: str, span: str, quantile: str, at: int = 0) -> float | None:
        found = [group["spans_us"][span][quantile] / 1000 for group in self.groups(name, at) if span in group["spans_us"]]
        return median(found) if found else None

    def above(self, name: str, span: str, quantile: str) -> float | None:
        """How much longer it took the first server than the second, of clean reports.

        A report counts where the second, the direct echo, had 99 % of its frames back within `VOID_MS` of when they
        were written (`wire`). What this program was late in writing is in the round trips of both and not looked at.
        """
        found = []
        for report in self.clean(name):
            ours, direct = (group["spans_us"] for group in report["groups"])
            there_and_back = direct.get("wire")
            if span in ours and span in direct and there_and_back and there_and_back["p99"] / 1000 <= VOID_MS:
                found.append((ours[span][quantile] - direct[span][quantile]) / 1000)
        return median(found) if found else None

    def added_ms(self, name: str, quantile: str) -> float | None:
        return self.above(name, "round_trip", quantile)

    def server(self, name: str, key: str, at: int = 0) -> float | None:
        return server(self.groups(name, at), key)

    def calls_a_core(self, name: str) -> float | None:
        """From what a call costs in clean reports: a server that loses frames costs less."""
        percent = server((report["groups"][0] for report in self.clean(name)), "cpu_percent_per_call")
        return 100 / percent if percent else None

    def load_percent(self, name: str) -> float | None:
        """CPU of the load program, 100 being all it has: close to that, times are its own."""
        found = [value for report in self.reports.get(name, []) if (value := report.get("own_cpu_percent")) is not None]
        return max(found, default=None)

    def count(self, name: str, what: str) -> int:
        return sum(group["counts"][what] for group in self.groups(name))

    def is_clean(self, name: str) -> bool:
        """Whether it was run and nothing was wrong with any group of any report."""
        return bool(self.reports.get(name)) and len(self.clean(name)) == len(self.reports[name])


def server(groups: Iterator[dict[str, Any]], key: str) -> float | None:
    found = [group["server"][key] for group in groups if group["server"]]
    found = [value for value in found if value is not None]
    return median(found) if found else None


def slim(report: dict[str, Any]) -> dict[str, Any]:
    """Without the points of distributions that nobody draws."""
    for group in report["groups"]:
        for name, span in group["spans_us"].items():
            if name not in ("round_trip", "wire", "clear"):
                span.pop("distribution", None)
        if group["server"]:
            group["server"].pop("samples", None)
    return report
