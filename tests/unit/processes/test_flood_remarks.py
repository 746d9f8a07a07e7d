"""What a flood run tells of itself: why a solver was chosen, which rain was missing, when a gate stands open."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine

from twin.engines.flood import Domain
from twin.errors import Refused, TwinError
from twin.processes.data import Raster
from twin.processes.flood import ground, rain, structures
from twin.processes.flood.inputs import EXAMPLE, FloodInputs
from twin.processes.registry import find

GRID = Affine(10.0, 0.0, 0.0, 0.0, -10.0, 100.0)


def slope(fall: float) -> Domain:
    return Domain(np.arange(20, 0, -1)[:, None] * np.ones((1, 20)) * fall * 10.0, 10.0, 0.03)


@pytest.mark.parametrize(("fall", "solver"), [(0.0005, "inertial"), (0.08, "shallow_water")])
def test_the_chosen_solver_is_told_with_its_reason_in_both_languages(fall: float, solver: str) -> None:
    asked = FloodInputs.model_validate({**EXAMPLE, "solver": "auto"})
    found, (why,) = ground._solver(asked, slope(fall))
    assert found == solver
    assert "Froude" in why.en
    assert "弗劳德" in why.zh
    assert ("full shallow water" in why.en) == (solver == "shallow_water")


def test_a_solver_that_was_asked_for_needs_no_reason() -> None:
    asked = FloodInputs.model_validate({**EXAMPLE, "solver": "inertial"})
    assert ground._solver(asked, slope(0.08)) == ("inertial", ())


def raster(missing: int) -> Raster:
    cells = np.ones((10, 10), np.float32)
    cells.ravel()[:missing] = np.nan
    return Raster(cells, GRID, 4547)


def test_rain_cells_without_a_value_are_told_with_their_share() -> None:
    (told,) = rain._gaps([raster(0), raster(50)], GRID, (10, 10))
    assert "25.0%" in told.en
    assert "25.0%" in told.zh
    assert rain._gaps([raster(0)], GRID, (10, 10)) == ()


def test_ground_beside_the_rain_raster_is_told_too_and_no_rain_at_all_is_refused() -> None:
    (told,) = rain._gaps([raster(0)], GRID, (20, 10))
    assert "50.0%" in told.en
    with pytest.raises(TwinError) as refused:
        rain._gaps([raster(100)], GRID, (10, 10))
    assert refused.value.code == "TWIN-523"


def test_a_gate_follows_its_schedule_instead_of_levels() -> None:
    one = structures.Structure(
        "G1", "gate", (0, 0), (0, 5), 10.0, 2.0, 1.0, 1, 0.0, 0.0, 0.0, 0.014, False, None, 3.0, 2.0,
        schedule=((600.0, 0.5), (1200.0, 0.0)),
    )  # fmt: skip
    (link,) = structures.links((one,))
    assert [link.rule.share(at, 9.0, 1.0) for at in (0.0, 600.0, 1199.0, 1200.0)] == [0.0, 0.5, 0.5, 0.0]


def test_a_schedule_that_goes_back_in_time_is_refused() -> None:
    edit = {"kind": "structure", "code": "G1", "times_min": [10.0, 5.0], "opening": [1.0, 0.0]}
    with pytest.raises(Refused):
        find("flood").validate({**EXAMPLE, "edits": [edit]})
