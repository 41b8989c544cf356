"""Puts the kept results into docs/performance.md, and draws them.

Usage: page.py
Whatever lies between `<!-- NAME -->` and `<!-- /NAME -->` is written anew; the rest is left as it is.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import machine
import parts
import plots
import tables
from bench import KEPT, ROOT
from figures import Results

PAGE = ROOT / "docs/performance.md"
DRAWN = ROOT / "docs/performance"
COST = ROOT / "benches/results/cost.txt"


def blocks(kept: dict) -> dict[str, str]:
    results = Results(kept["runs"])
    return {
        "machine": machine.line(kept["machine"]),
        "targets": tables.targets(kept["targets"]),
        "paired": tables.paired(results),
        "alone": tables.separate(results),
        "added": tables.added(results),
        "scenarios": tables.scenarios(results),
        "profile": tables.profile(json.loads(parts.KEPT.read_text())),
        "cost": f"```text\n{COST.read_text().strip()}\n```",
    }


def fill(page: str, name: str, content: str) -> str:
    block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not block.search(page):
        sys.exit(f"{PAGE.relative_to(ROOT)}: expected <!-- {name} --> and <!-- /{name} -->")
    return block.sub(lambda match: f"{match[1]}\n{content.strip()}\n\n{match[2]}", page)


def main() -> None:
    kept = json.loads(KEPT.read_text())
    page = PAGE.read_text()
    for name, content in blocks(kept).items():
        page = fill(page, name, content)
    PAGE.write_text(page)
    DRAWN.mkdir(exist_ok=True)
    for path in plots.draw(Results(kept["runs"]), DRAWN):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
