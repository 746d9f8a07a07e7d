"""Lines of the report: what was measured, against what, the target, and how busy the machine was."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """``met`` is None where there is no target."""

    name: str
    value: str
    target: str = ""
    met: bool | None = None
    load: float = 0.0


@dataclass
class Table:
    """Prints each line as it comes; ``figures`` hold the numbers behind the lines."""

    lines: list[Line] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    def head(self) -> None:
        print(f"{'measure':<46} {'value':<58} {'target':<12} {'':<6} load", flush=True)

    def add(self, name: str, value: str, target: str = "", met: bool | None = None) -> None:
        line = Line(name, value, target, met, round(os.getloadavg()[0], 1))
        self.lines.append(line)
        print(f"{name:<46} {value:<58} {target:<12} {_word(met):<6} {line.load:.1f}", flush=True)

    def write(self, path: Path, **about: object) -> None:
        path.parent.mkdir(exist_ok=True)
        lines = [asdict(line) for line in self.lines]
        text = json.dumps({**about, "lines": lines, "figures": self.figures}, indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    def into_page(self, page: Path, columns: str, note: str) -> None:
        """Replace what stands between the figures' marks of a documentation page."""
        rows = [
            f"| {line.name} | {line.value} | {line.target or '–'} | {_word(line.met) or '–'} | {line.load:.1f} |"
            for line in self.lines
        ]
        block = "\n".join(
            ["<!-- figures -->", note, "", columns, "|---|---|---|---|---|", *rows, "<!-- /figures -->"]
        )
        text = page.read_text(encoding="utf-8")
        new = re.sub(r"<!-- figures -->.*<!-- /figures -->", lambda _: block, text, flags=re.DOTALL)
        page.write_text(new, encoding="utf-8")


def machine() -> str:
    """Cores, memory and the day."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {time.strftime('%Y-%m-%d')}"


def _word(met: bool | None) -> str:
    return "" if met is None else "met" if met else "missed"
