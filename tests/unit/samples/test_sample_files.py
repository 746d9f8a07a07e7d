"""The files themselves: all there, unchanged, small, described."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS = (".fgb", ".parquet", ".tif")
COUNTS = {
    "admin_area": (130, 160),
    "grid_cell": (560, 680),
    "land_use": (1800, 3000),
    "river_reach": (10, 20),
    "road_node": (600, 1200),
    "road_link": (1000, 2500),
    "building": (8000, 12000),
    "facility": (250, 500),
    "soil": (3, 10),
    "break_line": (20, 60),
    "hydraulic_structure": (5, 20),
    "manhole": (2500, 4500),
    "outfall": (20, 60),
    "drain_pipe": (2500, 4500),
    "pump_station": (8, 20),
    "water_pipe": (800, 2000),
    "gas_pipe": (700, 2000),
    "sensor": (400, 400),
    "camera": (115, 125),
    "component": (2000, 4000),
    "traffic_crash": (1000, 2000),
    "signal_plan": (300, 700),
    "traffic_detector": (60, 100),
}


def test_checksums(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text().split("\n")[:-1]
    stated = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {f.name for f in folder.iterdir() if f.suffix in KINDS}
    assert set(stated) == found
    for name, digest in stated.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_small_enough_for_git(folder: Path) -> None:
    kinds = (".fgb", ".parquet", ".tif", ".toml", ".md", ".py", "")
    files = [f for f in folder.rglob("*") if f.is_file() and f.suffix in kinds and ".mypy" not in str(f)]
    assert sum(f.stat().st_size for f in files) < 12e6


def test_manifest_names_every_file_once(folder: Path, manifest: dict[str, Any]) -> None:
    files = [entry["file"] for entry in manifest["layers"]]
    assert sorted(files) == sorted(f.name for f in folder.iterdir() if f.suffix in KINDS)
    assert {entry["crs"] for entry in manifest["layers"]} == {"EPSG:4547"}


@pytest.mark.parametrize(("layer", "bounds"), COUNTS.items(), ids=list(COUNTS))
def test_counts(folder: Path, layer: str, bounds: tuple[int, int]) -> None:
    low, high = bounds
    info = pyogrio.read_info(folder / f"{layer}.fgb")
    assert low <= info["features"] <= high
    assert info["crs"] == "EPSG:4547"


def test_rain_moves(folder: Path, manifest: dict[str, Any]) -> None:
    steps = [entry for entry in manifest["layers"] if entry["layer"] == "rainfall"]
    centres = []
    for step in steps:
        with rasterio.open(folder / step["file"]) as source:
            rain = source.read(1)
            assert source.tags()["valid_time"] == f"{step['valid_time']:%Y-%m-%dT%H:%M:%SZ}"
            assert source.bounds == (512000, 3320000, 518000, 3325000)
        assert rain.min() >= 0
        assert rain.max() < 150
        centres.append((rain.sum(axis=0) @ range(rain.shape[1])) / rain.sum())
    assert len(steps) == 8
    assert centres == sorted(centres), "the storm goes east"


def test_readme_in_two_languages(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("20260501", "EPSG:4547", "CC0", "make_city.py", "虚构", "fictional"):
        assert word in text


@pytest.mark.parametrize("layer", COUNTS)
def test_readme_counts(folder: Path, layer: str) -> None:
    number = pyogrio.read_info(folder / f"{layer}.fgb")["features"]
    assert f"| {layer} | {number:,} | {layer}.fgb |" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_week_of_traffic(folder: Path) -> None:
    file = folder / "traffic_observation.parquet"
    assert file.stat().st_size < 300_000
    table = pq.read_table(file)
    assert 40_000 < table.num_rows < 80_000
    assert f"| traffic_observation | {table.num_rows:,} | {file.name} |" in (folder / "README.md").read_text(
        encoding="utf-8"
    )
    assert pc.max(table["occupancy"]).as_py() <= 100
    assert pc.min(table["speed"]).as_py() > 0


def test_what_sensors_of_rain_and_water_told(folder: Path, sample: Callable[[str], Any]) -> None:
    """Rain gauges, water on the ground and rivers, while they were online; the gauges have no gap that would count as dry."""
    table = pq.read_table(folder / "sensor_observation.parquet")
    assert f"| sensor_observation | {table.num_rows:,} | sensor_observation.parquet |" in (
        folder / "README.md"
    ).read_text(encoding="utf-8")
    sensors = sample("sensor")
    known = dict(
        zip(sensors["code"], zip(sensors["observed_property"], sensors["status"], strict=True), strict=True)
    )
    by: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in table.to_pylist():
        prop, status = known[row["sensor"]]
        assert status == "online"
        by.setdefault(prop, {}).setdefault(row["sensor"], []).append(row)
    online = Counter(prop for prop, status in known.values() if status == "online")
    assert len(by["rainfall"]) == online["rainfall"] == 22
    assert len(by["water_depth"]) == online["water_depth"] == 29
    for rows in by["rainfall"].values():
        assert all(a["valid_to"] == b["valid_from"] for a, b in pairwise(rows))
    assert max(sum(row["value"] for row in rows) for rows in by["rainfall"].values()) > 80
    deepest = [max(row["value"] for row in rows) for rows in by["water_depth"].values()]
    assert 0.5 < max(deepest) < 1.7
    assert all(rows[0]["value"] == 0 for rows in by["water_depth"].values()), "dry before the storm"
    assert all(row["valid_to"] is None for rows in by["water_level"].values() for row in rows)
