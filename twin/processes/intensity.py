"""Published rain intensity formulas (暴雨强度公式), as data: q = 167 A1 (1 + C lgP) / (t + b)^n."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from twin.text import Text

LITRES_PER_MM_MIN = 1000 / 6  # 1 mm/min over one hectare, in L/(s·ha); the formulas round it to 167


@dataclass(frozen=True, slots=True)
class Formula:
    """Coefficients of one city's formula: ``A1`` in mm/min for t in minutes, ``C``, ``b`` (min) and ``n`` as published.

    ``peak_ratio`` is the published share of the storm that lies before its peak, None where none was read.
    ``verified`` is false for a formula that nobody of us has read in its source.
    """

    name: str
    title: Text
    source: str
    verified: bool
    A1: float
    C: float
    b: float
    n: float
    peak_ratio: float | None = None

    def mean_mm_min(self, duration_min: float, return_period_a: float) -> float:
        """Mean intensity of the design storm of this duration (min) and return period (years), in mm/min."""
        mean: float = self.A1 * (1 + self.C * math.log10(return_period_a)) / (duration_min + self.b) ** self.n
        return mean


@cache
def formulas() -> dict[str, Formula]:
    """The shipped formulas by name (``intensity.toml``)."""
    rows = tomllib.loads(resources.files(__package__).joinpath("intensity.toml").read_text(encoding="utf-8"))
    return {name: _formula(name, row) for name, row in rows.items()}


def _formula(name: str, row: dict[str, object]) -> Formula:
    values = {key: float(row[key]) for key in ("q", "i", "C", "b", "n", "peak_ratio") if key in row}  # type: ignore[arg-type]
    title = Text.model_validate(row["title"])
    return Formula(
        name=name,
        title=title,
        source=str(row["source"]),
        verified=bool(row["verified"]),
        A1=values["i"] if "i" in values else values["q"] / LITRES_PER_MM_MIN,
        C=values["C"],
        b=values["b"],
        n=values["n"],
        peak_ratio=values.get("peak_ratio"),
    )
