"""The committed files of the sample city, each read once."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

FOLDER = Path(__file__).resolve().parents[3] / "data" / "samples"


class Sample:
    """A layer of the sample: arrow columns, python values and shapely geometries in EPSG:4547."""

    def __init__(self, name: str) -> None:
        meta, self.table = pyogrio.read_arrow(FOLDER / f"{name}.fgb")
        self.meta: dict[str, Any] = meta
        column = meta["geometry_name"] or "wkb_geometry"
        self.geometry = shapely.from_wkb(self.table[column].to_numpy(zero_copy_only=False))
        self.columns: dict[str, pa.ChunkedArray] = {
            n: self.table[n] for n in self.table.column_names if n != column
        }

    def __getitem__(self, column: str) -> list[Any]:
        return self.columns[column].to_pylist()

    def __len__(self) -> int:
        return len(self.geometry)


@cache
def _read(name: str) -> Sample:
    return Sample(name)


@pytest.fixture(scope="session")
def folder() -> Path:
    return FOLDER


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "manifest.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Sample]:
    return _read


@pytest.fixture(scope="session")
def terrain() -> tuple[np.ndarray, rasterio.Affine]:
    with rasterio.open(FOLDER / "terrain.tif") as source:
        return source.read(1).astype(float), source.transform


@pytest.fixture(scope="session")
def elevation(terrain: tuple[np.ndarray, rasterio.Affine]) -> Callable[[np.ndarray], np.ndarray]:
    """Elevation (m) of the terrain cell below each point."""
    values, transform = terrain

    def at(points: np.ndarray) -> np.ndarray:
        column, row = ~transform @ np.vstack([shapely.get_x(points), shapely.get_y(points)])
        rows = np.clip(row.astype(int), 0, values.shape[0] - 1)
        return np.asarray(values[rows, np.clip(column.astype(int), 0, values.shape[1] - 1)])

    return at
