"""Levees, culverts, pump and soils: on the ground they belong to, and of use to the flood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_levee_lines_run_along_the_crest(
    sample: Callable[[str], Any], elevation: Callable[[Any], Any]
) -> None:
    table = sample("break_line")
    assert set(table["kind"]) == {"dike"}
    for line, crest in zip(table.geometry, table["crest_elevation"], strict=True):
        along = shapely.line_interpolate_point(line, np.arange(0.0, shapely.length(line), 5.0))
        assert np.abs(elevation(along) - crest).max() < 1.5, "no dam across a creek"
        assert np.abs(np.median(elevation(along)) - crest) < 0.3


def test_culverts_fall_and_the_pump_lifts_over_the_levee(sample: Callable[[str], Any]) -> None:
    table = sample("hydraulic_structure")
    for kind, start, end, one_way in zip(
        table["kind"], table["start_invert"], table["end_invert"], table["one_way"], strict=True
    ):
        assert kind in ("culvert", "pump")
        assert kind == "pump" or start >= end
        assert one_way or start - end < 1.5
    pump = table["kind"].index("pump")
    assert table["start_level"][pump] > table["stop_level"][pump]
    assert table["capacity_m3_s"][pump] > 0


def test_soils_cover_the_city_once(sample: Callable[[str], Any]) -> None:
    soils = sample("soil").geometry
    assert shapely.is_valid(soils).all()
    whole = shapely.union_all(soils)
    assert abs(shapely.area(soils).sum() - shapely.area(whole)) < 50.0
    assert shapely.area(whole) > 0.9999 * 30e6
