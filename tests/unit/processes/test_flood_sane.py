"""What cannot be meant is refused, what is doubtful is told: levels, terrain, rain and observations of a flood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from affine import Affine
from pyproj import Transformer

from twin.engines.flood import Inflow, Rain
from twin.errors import TwinError
from twin.processes.flood import sane
from twin.processes.flood.rim import boundary
from twin.processes.registry import find

if TYPE_CHECKING:
    from twin.processes.flood.inputs import FloodInputs

PLACE = Affine(10.0, 0, 500_000.0, 0, -10.0, 3_300_000.0)
TO_CITY = Transformer.from_crs(4326, 4547, always_xy=True)
STORM = {"kind": "series", "times_min": [0, 30], "intensity_mm_h": [60, 0]}


def asked(**more: Any) -> FloodInputs:
    return cast("FloodInputs", find("flood").validate({"storm": STORM} | more))


def ground() -> Any:
    z = np.full((20, 30), 12.0)
    z[:, 20:] = 15.0
    return z


def said(remarks: Any) -> list[str]:
    return [text.en for text in remarks]


@pytest.mark.parametrize("wrong", [-9999.0, 32767.0])
def test_a_no_data_value_that_was_not_declared_is_refused(wrong: float) -> None:
    z = ground()
    z[3, 3] = wrong
    with pytest.raises(TwinError) as error:
        sane.elevations(z)
    assert error.value.code == "TWIN-681"
    assert f"{wrong:g}" in error.value.text.en
    z[3, 3] = np.nan
    sane.elevations(z)


@pytest.mark.parametrize(
    "more",
    [
        {"boundaries": [{"kind": "level", "side": "east", "times_min": [0, 60], "values": [14.0, 1600.0]}]},
        {"initial_water": {"where": "everywhere", "level_m": 46.0}},
    ],
)
def test_a_level_of_another_unit_or_datum_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(TwinError) as error:
        sane.levels(asked(**more), ground())
    assert error.value.code == "TWIN-680"
    assert error.value.where.startswith(next(iter(more)))
    sane.levels(asked(initial_water={"where": "everywhere", "level_m": 20.0}), ground())


def test_holes_in_the_terrain_are_told_of_and_swallow_no_water() -> None:
    z = ground()
    z[5:8, 5:9] = np.nan
    z[:2, :] = np.nan  # this one reaches the rim: the area ends there
    count, cells = sane.enclosed(z)
    assert (count, int(cells.sum())) == (1, 12)
    told = said(sane.of_ground(asked(), z, 10.0, None))
    assert any("1 holes (1200 m2)" in one for one in told)
    assert any("12% of the area has no terrain" in one for one in told)
    made = boundary(asked(), PLACE, np.isfinite(z), TO_CITY, cells)
    outline = next(edge for edge in made.edges if edge.side == "outline")
    assert outline.within is not None
    assert not outline.within[cells].any()
    assert outline.within[:2].all()
    assert said(sane.of_ground(asked(), ground(), 10.0, None)) == []


def test_the_cells_that_were_taken_are_told() -> None:
    [told] = said(sane.of_ground(asked(cell_m=0.1), ground(), 10.0, None))
    assert told.startswith("Computed on cells of 10 m")
    assert said(sane.of_ground(asked(cell_m=10.0), ground(), 10.0, None)) == []


def test_rain_after_the_end_and_rain_in_another_unit_are_told() -> None:
    rain = Rain(np.array([0.0, 1800.0, 3600.0]), np.array([60.0, 20.0, 0.0]))
    [cut] = said(sane.of_rain(rain, 1800.0))
    assert cut.startswith("25% of the rain falls after the end")
    assert said(sane.of_rain(rain, 3600.0)) == []
    metres_a_second = Rain(np.array([0.0, 1800.0]), np.array([2e-5, 0.0]))
    [light] = said(sane.of_rain(metres_a_second, 3600.0))
    assert "check its unit" in light


def test_water_that_has_no_effect_is_told() -> None:
    low = {"name": "tide", "kind": "level", "side": "east", "times_min": [0, 60], "values": [3.0, 14.9]}
    late = Inflow(np.array([1]), np.array([1]), np.array([7200.0, 9000.0]), np.array([1.0, 1.0]))
    told = said(sane.of_water(asked(boundaries=[low]), (late,), ground(), PLACE, TO_CITY, 3600.0))
    assert told[0].startswith("1 inflows begin after the end")
    assert '"tide" stays below the lowest ground along it (15.00 m)' in told[1]
    high = low | {"values": [3.0, 15.2]}
    assert said(sane.of_water(asked(boundaries=[high]), (), ground(), PLACE, TO_CITY, 3600.0)) == []


def test_observations_outside_the_run_are_told() -> None:
    one = {"name": "J1", "lon": 114.1, "lat": 30.0, "times_min": [200.0, 210.0], "values_m": [0.1, 0.2]}
    assert "J1" in said(sane.of_observed(asked(observed=[one]), 3600.0))[0]
    assert said(sane.of_observed(asked(observed=[one]), 12_600.0)) == []
