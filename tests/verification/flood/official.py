"""Files of the Environment Agency's official benchmark data (SC120002): where they are, and how they are read.

``TWIN_EA_DATA`` names the folder that holds them unpacked, else it is ``flood/official`` in the benchmark data. The archives
spell names in several ways ("Test1 dataset 2010/test1DEM.asc", "Test3BC.csv", "Test2_BC.csv"), so files are found by
what their names have in common. `fetch.py` gets the archives.
"""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.verification.report import shared

Floats = NDArray[np.float64]


def folder() -> Path:
    """Where the official data are to be."""
    return Path(os.environ.get("TWIN_EA_DATA", shared() / "data" / "flood" / "official"))


def found(test: str, what: str, suffix: str, root: Path | None = None) -> Path:
    """The file of a test ("1", "8A") whose name says ``what`` ("dem", "bc", "output"); skips where there is none."""
    root = root or folder()
    number = re.escape(test.rstrip("ABab"))
    name = re.compile(
        rf"test{number}(?:{re.escape(test)[len(number) :]})?.*{what}.*{re.escape(suffix)}$", re.IGNORECASE
    )
    hits = sorted(p for p in root.rglob("*") if name.match(p.name)) if root.is_dir() else []
    near = [p for p in hits if re.search(rf"test{test}\b|test{test}[ _]", str(p), re.IGNORECASE)]
    if not hits:
        pytest.skip(
            f"official data of EA test {test} not at hand: no *{what}*{suffix} in {root}; "
            "TWIN_EA_DATA names the folder, tests/verification/flood/fetch.py gets the archives"
        )
    return (near or hits)[0]


@dataclass(frozen=True)
class Raster:
    """An ESRI ASCII grid, north-up."""

    values: Floats  # (rows, cols), NaN where there is none
    cell: float  # m
    west: float  # of the lower left corner, m
    south: float

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of the cell that holds a point; `IndexError` outside."""
        row = self.values.shape[0] - 1 - int(np.floor((y - self.south) / self.cell))
        col = int(np.floor((x - self.west) / self.cell))
        if not (0 <= row < self.values.shape[0] and 0 <= col < self.values.shape[1]):
            raise IndexError(f"({x:g}, {y:g}) lies outside the grid")
        return row, col

    def coarser(self, times: int) -> Raster:
        """Means of ``times`` by ``times`` cells; rows and columns left over in the south and east are dropped."""
        rows, cols = (n // times for n in self.values.shape)
        part = self.values[: rows * times, : cols * times].reshape(rows, times, cols, times)
        south = self.south + (self.values.shape[0] - rows * times) * self.cell
        return Raster(part.mean(axis=(1, 3)), self.cell * times, self.west, south)

    def window(self, west: float, south: float, east: float, north: float) -> Raster:
        """The cells whose centres lie in a box."""
        rows, cols = self.values.shape
        x = self.west + (np.arange(cols) + 0.5) * self.cell
        y = self.south + (np.arange(rows)[::-1] + 0.5) * self.cell
        r, c = np.flatnonzero((y > south) & (y < north)), np.flatnonzero((x > west) & (x < east))
        return Raster(
            self.values[r[0] : r[-1] + 1, c[0] : c[-1] + 1], self.cell,
            self.west + c[0] * self.cell, self.south + (rows - 1 - r[-1]) * self.cell,
        )  # fmt: skip


def read_grid(path: Path) -> Raster:
    """An ESRI ASCII grid: lower left corner or centre, values on lines of any length."""
    head: dict[str, float] = {}
    with path.open(encoding="utf-8-sig") as file:
        line = file.readline()
        while line and line.split()[:1] and line.split()[0][0].isalpha():
            key, value = line.split()[:2]
            head[key.lower()] = float(value)
            line = file.readline()
        values = np.array((line + file.read()).split(), np.float64)
    rows, cols, cell = int(head["nrows"]), int(head["ncols"]), head["cellsize"]
    z = values.reshape(rows, cols)
    z[z == head.get("nodata_value", -9999.0)] = np.nan
    west = head["xllcorner"] if "xllcorner" in head else head["xllcenter"] - cell / 2
    south = head["yllcorner"] if "yllcorner" in head else head["yllcenter"] - cell / 2
    return Raster(z, cell, west, south)


def read_series(path: Path) -> tuple[Floats, Floats]:
    """Times (s) and values of a boundary file; its first heading tells the unit of time: s, min or h."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        heading, *rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    unit = re.search(r"\((s|sec|min|h|hr|hour)", heading[0], re.IGNORECASE)
    if unit is None:
        raise ValueError(f"{path.name}: the first heading, {heading[0]!r}, does not tell the unit of time")
    scale = {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[1][0].lower()]
    table = np.array([[float(cell) for cell in row[:2]] for row in rows])
    return table[:, 0] * scale, table[:, 1]


def read_points(path: Path) -> list[tuple[float, float]]:
    """The output points, in order: columns number, x, y below a heading."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    return [(float(row[1]), float(row[2])) for row in rows if row[0].strip().lstrip("P").isdigit()]


def read_line(path: Path) -> list[tuple[float, float]]:
    """The vertices of the one line of a shapefile: where a boundary condition stands."""
    import pyogrio

    frame = pyogrio.read_dataframe(path)
    if len(frame) != 1 or frame.geometry.iloc[0].geom_type != "LineString":
        raise ValueError(f"{path.name}: one line is wanted")
    return [(x, y) for x, y, *_ in frame.geometry.iloc[0].coords]
