"""What is made of reports, on reports that were made up. Run with `python3 -m unittest discover loadtest/bench`."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import bench
import own_group
import tables
from figures import Results
from suite import Run, Target, most_calls, runs, set_ups, targets


def span(ms: float) -> dict:
    return {quantile: ms * 1000 for quantile in ("p50", "p90", "p99", "p99.9", "max")}


def group(p99_ms: float, *, clean: bool = True, percent: float = 0.1, **counts: int) -> dict:
    every = dict.fromkeys(("sent", "received", "lost", "duplicated", "reordered", "damaged", "completed", "connected"), 0)
    server = {"cpu_percent_per_call": percent, "cpu_us_per_frame": 200 * percent, "rss_kib_per_call": 20, "rss_loaded_kib": 9000}
    spans = {"round_trip": span(p99_ms), "wire": span(p99_ms), "gap": span(20)}
    return {"spans_us": spans, "counts": every | counts, "server": server, "clean": clean}


def report(*groups: dict, ratio: float | None = None, own: float = 50) -> dict:
    return {"groups": list(groups), "cpu_ratio": ratio, "seconds": 10, "own_cpu_percent": own}


class Reading(unittest.TestCase):
    def test_the_median_of_paired_runs_counts(self) -> None:
        results = Results({"x": [report(ratio=ratio) for ratio in (1.3, 1.0, 1.1)]})
        self.assertEqual(results.ratio("x"), 1.1)
        self.assertIsNone(results.ratio("y"))

    def test_a_run_whose_direct_echo_was_late_is_void(self) -> None:
        late = report(group(9.0), group(5.1))
        self.assertIsNone(Results({"x": [late]}).added_ms("x", "p99"))
        fine = report(group(3.0), group(1.0))
        self.assertEqual(Results({"x": [late, fine]}).added_ms("x", "p99"), 2.0)

    def test_nothing_is_read_from_what_was_not_clean(self) -> None:
        spoiled = Results({"x": [report(group(3), group(1, clean=False), ratio=0.5)]})
        self.assertIsNone(spoiled.ratio("x"))
        self.assertIsNone(spoiled.added_ms("x", "p99"))
        self.assertIsNone(spoiled.calls_a_core("x"))
        self.assertFalse(spoiled.is_clean("x"))
        both = Results({"x": [*spoiled.reports["x"], report(group(3), group(1), ratio=1.2)]})
        self.assertEqual(both.ratios("x"), [1.2])

    def test_a_span_that_nobody_measured_is_not_above_anything(self) -> None:
        results = Results({"x": [report(group(3), group(1))]})
        self.assertIsNone(results.above("x", "clear", "p99"))

    def test_every_run_has_a_name_of_its_own(self) -> None:
        names = [run.name for run in runs()]
        self.assertEqual(len(names), len(set(names)))

    def test_a_lost_frame_is_seen(self) -> None:
        faults = next(target for target in targets() if target.name.startswith("frames lost"))
        self.assertEqual(faults.value(Results({"gateway 20": [report(group(1))]})), 0)
        self.assertEqual(faults.value(Results({"gateway 20": [report(group(1, lost=3))]})), 3)
        self.assertIsNone(faults.value(Results({})), "nothing was measured")


class MostCalls(unittest.TestCase):
    def most(self, *levels: int, **last: float) -> float | None:
        """All levels are fine but the last, which is as told."""
        ours, direct, own = (last.get(key, fine) for key, fine in (("ours", 3), ("direct", 1), ("own", 50)))
        reports = {}
        for level in levels:
            fine = level != levels[-1]
            reports[f"gateway {level}"] = [report(group(3 if fine else ours), own=50 if fine else own)]
            reports[f"direct {level}"] = [report(group(1 if fine else direct))]
        return most_calls(Results(reports))

    def test_the_last_level_before_one_fails_counts(self) -> None:
        self.assertEqual(self.most(200, 400, 800, 1000), 1000)
        self.assertEqual(self.most(200, 400, ours=22), 200, "20 ms are added at most")
        self.assertEqual(self.most(200, 400, direct=7.1), 200, "the direct echo was late")
        self.assertEqual(self.most(200, 400, own=95), 200, "the load program had no CPU left")
        self.assertEqual(self.most(200, 800), 200, "400 was not run")

    def test_failing_is_not_the_same_as_not_running(self) -> None:
        self.assertEqual(self.most(200, ours=22), 0)
        self.assertIsNone(self.most(800))

    def test_a_level_above_one_that_failed_does_not_count(self) -> None:
        reports = {f"{who} {calls}": [report(group(1))] for who in ("gateway", "direct") for calls in (200, 400, 800)}
        reports["gateway 400"] = [report(group(1, clean=False))]
        self.assertEqual(most_calls(Results(reports)), 200)


class SetUps(unittest.TestCase):
    def test_all_or_nothing(self) -> None:
        fine, spoiled = group(1, connected=2000), group(1, clean=False, connected=2000)
        for one in (fine, spoiled):
            one["spans_us"]["set_up"] = span(500)
        self.assertAlmostEqual(set_ups(Results({"churn": [report(fine)]})), 2000 / 10.5)
        self.assertEqual(set_ups(Results({"churn": [report(spoiled)]})), 0)
        self.assertIsNone(set_ups(Results({})))


class Judging(unittest.TestCase):
    def judge(self, was: float, now: float | None, *, whole: bool = True) -> list[str]:
        target = Target("ratio", 1.1, lambda results: results.ratio("x"))
        with tempfile.TemporaryDirectory() as directory, mock.patch.object(bench, "targets", lambda: [target]):
            kept = Path(directory) / "kept.json"
            kept.write_text(json.dumps({"targets": {"ratio": was}}))
            with mock.patch.object(bench, "KEPT", kept):
                reached, worse = bench.judge(Results({"x": [report(ratio=now)]}), whole=whole)
        self.assertEqual(reached, {} if now is None else {"ratio": now})
        return worse

    def test_a_target_that_was_met_may_not_be_missed_by_a_fifth(self) -> None:
        self.assertEqual(self.judge(was=1.05, now=1.08), [])
        self.assertEqual(self.judge(was=1.05, now=1.31), [], "missed, and by less")
        self.assertEqual(len(self.judge(was=1.05, now=1.33)), 1)
        self.assertEqual(self.judge(was=1.2, now=1.4), [], "it was not met before")

    def test_a_target_that_was_kept_may_not_be_gone_from_a_whole_run(self) -> None:
        self.assertEqual(len(self.judge(was=1.05, now=None)), 1)
        self.assertEqual(self.judge(was=1.05, now=None, whole=False), [])

    def test_targets_from_below_are_judged_from_below(self) -> None:
        target = Target("calls", 1000, lambda results: None, at_least=True)
        self.assertTrue(target.is_met(1000))
        self.assertFalse(target.is_far_off(900))
        self.assertTrue(target.is_far_off(800))


class Keeping(unittest.TestCase):
    def kept(self, *wrong: str) -> str:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "kept.json"
            path.write_text("before")
            last = Path(directory) / "target/last.json"
            with (
                mock.patch.multiple(bench, KEPT=path, LAST=last),
                contextlib.redirect_stdout(io.StringIO()),
            ):
                bench.keep(Results({}), {"ratio": 1.0}, list(wrong), asked=True)
            self.assertEqual(json.loads(last.read_text())["targets"], {"ratio": 1.0}, "whatever came of it")
            return path.read_text()

    def test_nothing_is_kept_of_what_went_wrong(self) -> None:
        self.assertEqual(self.kept("ratio: worse"), "before")
        self.assertEqual(json.loads(self.kept())["targets"], {"ratio": 1.0})

    def test_only_whole_runs_are_kept(self) -> None:
        self.assertTrue(bench.parse(["--keep"]).keep)
        self.assertFalse(bench.is_whole(bench.parse(["--only", "aa"])))
        with self.assertRaises(SystemExit) as refused, contextlib.redirect_stderr(io.StringIO()):
            bench.parse(["--keep", "--only", "aa"])
        self.assertEqual(refused.exception.code, 2)


class Ending(unittest.TestCase):
    def test_what_takes_too_long_is_ended_with_all_it_started(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            output, began = Path(directory) / "said", time.monotonic()
            said = own_group.run(["sh", "-c", "sleep 60 & echo $!; wait"], output, 0.5)
            self.assertIn("ended after", said)
            self.assertLess(time.monotonic() - began, 10)
            stat = Path(f"/proc/{output.read_text().strip()}/stat")
            self.assertTrue(not stat.exists() or stat.read_text().split()[2] in "ZX", "it is still there")

    def test_what_fails_tells_why(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            failing = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
            self.assertIn("no such thing", own_group.run(failing, Path(directory) / "said", 30))


class Telling(unittest.TestCase):
    def test_a_run_is_told_in_a_line(self) -> None:
        run = Run("pipecat 100", "twilio-8k", ("pipecat",), may_fail=True)
        self.assertEqual(tables.in_a_line(run, Results({})), "no report")
        line = tables.in_a_line(run, Results({"pipecat 100": [report(group(1, clean=False))]}))
        self.assertIn("load CPU 50 %, not clean", line)

    def test_tables_have_a_row_for_what_was_run_and_none_for_the_rest(self) -> None:
        results = Results({"gateway 200": [report(group(1, sent=10, lost=1))], "a / haproxy": [report(ratio=1.05)]})
        self.assertIn("1.050", tables.paired(results))
        alone = tables.separate(results)
        self.assertEqual(alone.count("\n"), 3, alone)
        self.assertIn("10.00 %", alone)
        self.assertNotIn("not clean", alone)
        spoiled = tables.separate(Results({"gateway 200": [report(group(1, clean=False))]}))
        self.assertIn("not clean", spoiled)
        self.assertIn("not measured", tables.targets({}))


if __name__ == "__main__":
    unittest.main()
