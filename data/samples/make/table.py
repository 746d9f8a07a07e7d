"""A layer as a table: columns by name, geometries in local metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .relief import height_at


@dataclass
class Table:
    geometry: list[Any]
    columns: dict[str, list[Any]]


def rows_of(geometry: list[Any], rows: list[dict[str, Any]]) -> Table:
    return Table(geometry, {name: [r[name] for r in rows] for name in rows[0]})


def ground_at(x: float, y: float) -> float:
    return round(float(height_at(np.array([x]), np.array([y]))[0]), 2)
