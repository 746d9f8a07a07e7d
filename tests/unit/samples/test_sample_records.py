"""Every record against the catalogue, and every reference against what it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from twin.catalog.load import load, shipped_layers
from twin.catalog.validate import validate_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.catalog.spec import Catalog

LAYERS = [
    "admin_area",
    "grid_cell",
    "land_use",
    "river_reach",
    "road_node",
    "road_link",
    "building",
    "facility",
    "manhole",
    "outfall",
    "drain_pipe",
    "pump_station",
    "water_pipe",
    "gas_pipe",
    "sensor",
    "camera",
    "component",
    "traffic_crash",
    "signal_plan",
]


@pytest.fixture(scope="module")
def declared() -> Catalog:
    return load(shipped_layers())


@pytest.mark.parametrize("name", LAYERS)
def test_catalogue_finds_no_fault(name: str, declared: Catalog, sample: Callable[[str], Any]) -> None:
    layer, table = declared.layer(name), sample(name)
    assert layer is not None
    assert set(table.columns) <= set(layer.columns)
    assert table.meta["geometry_type"] == layer.geometry
    assert validate_table(layer, declared, table.columns, 1) == []


@pytest.mark.parametrize("name", LAYERS)
def test_codes_are_unique(name: str, sample: Callable[[str], Any]) -> None:
    codes = sample(name)["code"]
    assert None not in codes
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("name", LAYERS)
def test_references_exist(name: str, declared: Catalog, sample: Callable[[str], Any]) -> None:
    layer, table = declared.layer(name), sample(name)
    assert layer is not None
    for column, spec in layer.columns.items():
        if spec.references and column in table.columns:
            target, key = spec.references.split(".")
            assert set(table[column]) - {None} <= set(sample(target)[key]), column


def test_the_manifest_puts_what_is_named_first(declared: Catalog, manifest: dict[str, Any]) -> None:
    order = list(dict.fromkeys(entry["layer"] for entry in manifest["layers"]))
    for n, name in enumerate(order):
        layer = declared.layer(name)
        assert layer is not None
        for spec in layer.columns.values():
            if spec.references:
                assert spec.references.split(".")[0] in order[: n + 1]


def test_codes_carry_no_real_county(sample: Callable[[str], Any]) -> None:
    for name in ("admin_area", "grid_cell", "component", "camera"):
        assert all(code.startswith("9901") for code in sample(name)["code"]), name


def test_geometries_lie_inside_and_are_valid(sample: Callable[[str], Any]) -> None:
    import shapely

    for name in LAYERS:
        shapes = sample(name).geometry
        west, south, east, north = shapely.total_bounds(shapes)
        assert (west, south, east, north) >= (512000, 3320000, 0, 0), name
        assert east <= 518000, name
        assert north <= 3325000, name
        assert shapely.is_valid(shapes).all(), name
        assert not shapely.is_empty(shapes).any(), name
        assert np.all(shapely.get_coordinates(shapes) * 64 % 1 == 0), f"{name}: off the 1/64 m lattice"
