"""Levels made with known parameters are given back: the search must find the parameters again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integration.flood.ground_city import City, at, fill
from twin.engines.flood import simulate
from twin.errors import Refused, TwinError
from twin.processes.flood.ground import build
from twin.processes.flood_calibration import CalibrationOutputs
from twin.processes.registry import find
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

PLACES = {"西": (20, 120), "中": (145, 120), "东": (280, 150)}
FLOOD = {
    "storm": {"kind": "series", "times_min": [0, 20], "intensity_mm_h": [90, 20]},
    "duration_min": 60.0, "break_lines": False, "cell_m": 10.0, "edges": {"north": "closed", "south": "closed", "east": "closed"},
}  # fmt: skip
TIMES = [10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0]


@pytest.fixture(scope="module")
def city(store: Store, tmp_path_factory: pytest.TempPathFactory) -> City:
    folder: Path = tmp_path_factory.mktemp("calibration")
    folder.joinpath("artifacts").mkdir()
    files = ArtifactStore(str(folder / "artifacts"))
    fill(store, files, folder)
    return City(store, files)


def measured(city: City, quantity: str, **parameters: float) -> list[dict[str, Any]]:
    """What stands at the places in a flood of known parameters."""
    gauges = [{"name": name, "lon": at(*place)[0], "lat": at(*place)[1]} for name, place in PLACES.items()]
    inputs, run = city.context({**FLOOD, **parameters, "gauges": gauges})
    ground = build(inputs, run)
    found = simulate(
        ground.domain,
        rain=ground.rain,
        boundary=ground.boundary,
        duration_s=ground.duration_s,
        gauges=ground.gauges,
        threads=1,
    ).gauges
    series = found.level if quantity == "level" else found.depth
    return [
        {**gauge, "quantity": quantity, "times_min": TIMES,
         "values_m": np.interp(np.array(TIMES) * 60.0, found.times_s, series[:, i]).tolist()}
        for i, gauge in enumerate(gauges)
    ]  # fmt: skip


def calibrate(city: City, given: dict[str, Any]) -> CalibrationOutputs:
    process = find("flood-calibration")
    inputs = process.validate(given)
    _, run = city.context(FLOOD)
    found = process.function(inputs, run)
    assert isinstance(found, CalibrationOutputs)
    return found


def test_known_parameters_are_found_again(city: City) -> None:
    observed = measured(city, "depth", roughness_factor=1.5, drainage_mm_h=38.0)
    out = calibrate(city, {"flood": FLOOD, "observed": observed, "most_runs": 24})
    assert out.rmse_before_m > 0.001
    assert out.rmse_after_m < 0.1 * out.rmse_before_m
    assert out.drainage_mm_h == pytest.approx(38.0, abs=2.0)
    assert out.roughness_factor == pytest.approx(1.5, rel=0.2)
    assert not out.at_bound
    assert out.simulations == len(out.trials) <= 24
    assert min(trial.rmse_m for trial in out.trials) == out.rmse_after_m
    assert {place.name for place in out.places} == set(PLACES)
    assert all(place.nse_after is None or place.nse_after > 0.95 for place in out.places)


def test_one_parameter_alone_and_a_limit(city: City) -> None:
    observed = measured(city, "level", drainage_mm_h=10.0)
    out = calibrate(city, {"flood": FLOOD, "observed": observed, "roughness_factor": None, "most_runs": 4})
    assert out.simulations == 4
    assert out.roughness_factor == 1.0
    assert abs(out.drainage_mm_h - 10.0) < 6.0
    assert out.rmse_after_m < out.rmse_before_m


def test_a_best_value_at_a_bound_is_said(city: City) -> None:
    observed = measured(city, "depth", drainage_mm_h=50.0)
    limits = {"roughness_factor": None, "drainage_mm_h": {"least": 5.0, "most": 25.0}, "most_runs": 12}
    out = calibrate(city, {"flood": FLOOD, "observed": observed, **limits})
    assert out.at_bound
    assert out.drainage_mm_h == pytest.approx(25.0, abs=0.5)


def test_what_cannot_be_calibrated_is_refused(city: City) -> None:
    observed = [
        {"name": "A", "lon": at(20, 120)[0], "lat": at(20, 120)[1], "times_min": [900], "values_m": [0.1]}
    ]
    with pytest.raises(TwinError, match="TWIN-514"):
        calibrate(city, {"flood": FLOOD, "observed": observed})
    for wrong in (
        {"roughness_factor": None, "drainage_mm_h": None},
        {"roughness_factor": {"least": 2.0, "most": 1.0}},
        {"observed": []},
    ):
        with pytest.raises(Refused, match="TWIN-501"):
            calibrate(city, {"flood": FLOOD, "observed": observed, **wrong})
