"""Bad input is refused before the first step, by name, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from twin.engines.flood import (
    Boundary,
    Domain,
    Edge,
    FloodInputError,
    Inflow,
    Rain,
    chicago,
    raise_buildings,
    simulate,
)

FLAT = np.zeros((6, 8))
T = np.array([0.0, 60.0])


def run(z: Any = FLAT, n: Any = 0.03, cell: float = 5.0, duration_s: float = 10.0, **more: Any) -> None:
    keys = ("blocked", "infiltration", "initial_loss", "initial_depth")
    ground = Domain(z, cell, n, **{key: more.pop(key) for key in keys if key in more})
    simulate(ground, duration_s=duration_s, **more)


def pour(**more: Any) -> Inflow:
    return Inflow(
        **({"rows": np.array([0]), "cols": np.array([0]), "times_s": T, "discharge_m3_s": np.ones(2)} | more)
    )


CASES: dict[str, tuple[str, Callable[[], object]]] = {
    "flat list": ("z", lambda: run(z=np.zeros(5))),
    "infinite bed": ("z", lambda: run(z=np.full((3, 3), np.inf))),
    "nothing valid": ("z", lambda: run(z=np.full((3, 3), np.nan))),
    "all blocked": ("z", lambda: run(blocked=np.ones((6, 8), bool))),
    "cell": ("cell", lambda: run(cell=0.0)),
    "manning shape": ("manning", lambda: run(n=np.ones((2, 2)))),
    "manning nan": ("manning", lambda: run(n=np.full((6, 8), np.nan))),
    "manning zero": ("manning", lambda: run(n=0.0)),
    "capacity": ("infiltration", lambda: run(infiltration=-1.0)),
    "initial loss": ("initial_loss", lambda: run(initial_loss=-1.0)),
    "initial depth": ("initial_depth", lambda: run(initial_depth=np.full((6, 8), -0.1))),
    "negative rain": ("rain.intensity_mm_h", lambda: run(rain=Rain(T, np.array([1.0, -1.0])))),
    "rain length": ("rain.intensity_mm_h", lambda: run(rain=Rain(T, np.ones(3)))),
    "rain times": ("rain.times_s", lambda: run(rain=Rain(np.array([60.0, 0.0]), np.ones(2)))),
    "rain raster": ("rain.intensity_mm_h", lambda: run(rain=Rain(T, np.ones((2, 3, 3))))),
    "rain zones missing": ("rain.zones", lambda: run(rain=Rain(T, np.ones((2, 3))))),
    "rain zone number": ("rain.zones", lambda: run(rain=Rain(T, np.ones((2, 3)), np.full((6, 8), 3)))),
    "inflow outside": ("inflows[0].rows/cols", lambda: run(inflows=[pour(rows=np.array([99]))])),
    "inflow negative": ("inflows[0].discharge_m3_s", lambda: run(inflows=[pour(discharge_m3_s=-np.ones(2))])),
    "inflow length": ("inflows[0].discharge_m3_s", lambda: run(inflows=[pour(discharge_m3_s=np.ones(3))])),
    "gauge outside": ("gauges", lambda: run(gauges=[(0, 99)])),
    "edge series": ("boundary.edges[0]", lambda: run(boundary=Boundary((Edge("west", "level"),)))),
    "edge slope": (
        "boundary.edges[0].slope",
        lambda: run(boundary=Boundary((Edge("west", "free", slope=-1.0),))),
    ),
    "duration": ("duration_s", lambda: run(duration_s=-1.0)),
    "theta": ("theta", lambda: run(theta=1.5)),
    "threads": ("threads", lambda: run(threads=0)),
    "storm peak": ("peak_ratio", lambda: chicago(60, 5, 1.0, 10, 1, 10, 0.7)),
    "storm step": ("step_min", lambda: chicago(60, 5, 0.4, 10, 1, 10, 0.7, step_min=0)),
    "footprint": ("footprint", lambda: raise_buildings(FLAT, np.zeros((2, 2), bool), 3.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_by_name(name: str) -> None:
    argument, call = CASES[name]
    with pytest.raises(FloodInputError) as caught:
        call()
    assert caught.value.where == argument
    assert argument in caught.value.text.zh
    assert argument in caught.value.text.en
    assert caught.value.text.zh != caught.value.text.en
    assert caught.value.status == 422
