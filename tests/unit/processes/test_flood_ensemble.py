"""What members follow from the inputs of an ensemble, and which inputs are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twin.errors import TwinError
from twin.processes.flood_ensemble.inputs import FloodEnsembleInputs
from twin.processes.registry import registry

STORM = {"kind": "design", "formula": "chongqing", "return_period_a": 50.0, "duration_min": 60.0}
BASE = {"storm": STORM, "cell_m": 20.0}
ROUGH = {"parameter": "roughness_factor", "low": 0.5, "high": 2.0, "distribution": "log_uniform"}
DRAIN = {"parameter": "drainage_mm_h", "low": 10.0, "high": 30.0}


def asked(**inputs: Any) -> FloodEnsembleInputs:
    found = registry()["flood-ensemble"].validate({"base": BASE} | inputs)
    assert isinstance(found, FloodEnsembleInputs)
    return found


def test_every_storm_meets_the_same_parameters() -> None:
    storms = [
        {"storm": STORM | {"return_period_a": period}, "weight": weight}
        for period, weight in ((20.0, 3.0), (100.0, 1.0))
    ]
    inputs = asked(storms=storms, spreads=[ROUGH, DRAIN], samples=5)
    parts = registry()["flood-ensemble"].parts(inputs)
    told = [member.model_dump() for _, member in parts]
    assert len(parts) == inputs.count() == 10
    assert {process.name for process, _ in parts} == {"flood"}
    assert [one["storm"]["return_period_a"] for one in told] == [20.0] * 5 + [100.0] * 5
    assert [one["roughness_factor"] for one in told[:5]] == [one["roughness_factor"] for one in told[5:]]
    assert inputs.weights() == [3.0] * 5 + [1.0] * 5


def test_draws_fill_every_stratum_once_and_come_again() -> None:
    """Latin hypercube: one draw in each of the equally probable intervals, in every parameter."""
    inputs = asked(spreads=[ROUGH, DRAIN], samples=10, seed=7)
    draws = inputs.draws()
    rough = np.log([draw["roughness_factor"] / 0.5 for draw in draws]) / np.log(4.0)
    drain = (np.array([draw["drainage_mm_h"] for draw in draws]) - 10.0) / 20.0
    for shares in (rough, drain):
        assert sorted(np.floor(10 * shares).astype(int)) == list(range(10))
    assert asked(spreads=[ROUGH, DRAIN], samples=10, seed=7).draws() == draws
    assert asked(spreads=[ROUGH, DRAIN], samples=10, seed=8).draws() != draws


def test_without_uncertain_parameters_each_storm_is_one_member() -> None:
    storms = [{"storm": STORM | {"peak_ratio": ratio}} for ratio in (0.2, 0.4, 0.6)]
    inputs = asked(storms=storms, samples=50)
    assert [member.inputs["storm"]["peak_ratio"] for member in inputs.members()] == [0.2, 0.4, 0.6]
    assert inputs.members()[0].inputs["cell_m"] == 20.0


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({}, "samples"),  # one member is no ensemble
        ({"spreads": [DRAIN], "samples": 400, "storms": [{"storm": STORM}] * 2}, "samples"),
        ({"spreads": [DRAIN, DRAIN]}, "spreads"),
        ({"spreads": [DRAIN | {"low": 40.0}]}, "spreads"),
        ({"spreads": [ROUGH | {"low": 0.0}]}, "spreads"),
        ({"spreads": [DRAIN | {"parameter": "nothing"}]}, "spreads"),
        ({"storms": [{"storm": STORM, "weight": 0.0}]}, "storms"),
        ({"base": BASE | {"cell_size": 3}}, "base"),
    ],
)
def test_what_cannot_be_is_refused_with_its_name(given: dict[str, Any], where: str) -> None:
    with pytest.raises(TwinError) as refused:
        asked(**given)
    assert refused.value.code == "TWIN-501"
    assert str(refused.value.where).startswith(where)


def test_a_member_that_flood_refuses_is_refused_at_once() -> None:
    inputs = asked(spreads=[{"parameter": "building_rise_m", "low": 0.0, "high": 9000.0}], samples=3)
    with pytest.raises(TwinError) as refused:
        registry()["flood-ensemble"].parts(inputs)
    assert refused.value.where == "building_rise_m"
