"""Verification figures, collected as rows and kept in ``build/verification/<topic>.json`` for the documents."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "verification"


def shared() -> Path:
    """The folder of benchmark data: TWIN_SHARED, or ``shared`` beside the repository."""
    return Path(os.environ.get("TWIN_SHARED", ROOT.parent / "shared"))


def at_hand(*path: str) -> Path:
    """A file or folder of the benchmark data of others; the test is skipped where it is absent."""
    found = shared().joinpath("data", *path)
    if not found.exists():
        pytest.skip(
            f"benchmark data not at hand: {found} is missing; TWIN_SHARED names the folder that holds data/"
        )
    return found


@dataclass(frozen=True)
class Row:
    """One figure: what was compared with what, how far off it is and how far it may be."""

    case: str
    source: str
    metric: str
    value: float
    tolerance: float


@dataclass
class Report:
    """Rows of one topic; a row of the same case, metric and source replaces the older one in the file."""

    topic: str
    rows: list[Row] = field(default_factory=list)

    def hold(self, case: str, source: str, metric: str, value: float, tolerance: float) -> None:
        """Record a figure, then insist that its size is within the tolerance."""
        row = Row(case, source, metric, float(value), float(tolerance))
        self.rows.append(row)
        assert abs(row.value) <= row.tolerance, (
            f"{case}: {metric} is {value:.3g}, may be {tolerance:.3g} ({source})"
        )

    def write(self) -> Path:
        """Merge into the file, safe against a second test process."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{self.topic}.json"
        with (FOLDER / f".{self.topic}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
            rows = [*old, *(asdict(row) for row in self.rows)]
            merged = {(row["case"], row["metric"], row["source"]): row for row in rows}
            ordered = [merged[key] for key in sorted(merged)]
            path.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path
