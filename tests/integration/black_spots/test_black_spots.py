"""Black spots of the sample city: the places that its script made bad, the effect that it gave the rebuilding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest
import shapely

from twin.errors import TwinError
from twin.processes.black_spots.inputs import EXAMPLE
from twin.processes.context import Features

if TYPE_CHECKING:
    from tests.integration.traffic.sample import Done, SampleCity

EFFECT = 0.55  # data/samples/make/crashes.py


@pytest.fixture(scope="module")
def done(crashes: SampleCity) -> Done:
    return crashes.run("black-spots", EXAMPLE)


def test_the_example_finds_black_spots_with_reasons(done: Done) -> None:
    out = done.outputs
    assert out.crashes > 500
    assert out.off_road == 0
    assert out.rules_verified
    rows = done.table("black_spot")
    assert [row["rank"] for row in rows] == list(range(1, out.spots + 1))
    assert 10 <= out.spots <= 100
    for row in rows:
        assert row["reason_zh"].endswith("。")
        assert row["reason_en"].endswith(".")
        assert row["expected"] - row["peers"] == pytest.approx(row["excess"], abs=2e-4)
    graded = [row["grade_en"] for row in rows]
    assert graded.index("County level") > graded.index("Municipal level")


def test_the_rules_hold_where_they_are_said_to(done: Done) -> None:
    for row in done.table("black_spot"):
        if row["grade_en"] is not None and row["site"] == "junction":
            assert row["crashes"] >= 1
        if row["grade_en"] is None:
            assert row["chance"] >= 0.95
            assert row["crashes"] >= 3


def test_density_keeps_every_crash_on_the_network(done: Done) -> None:
    rows = done.rows["black_spot_density"]
    assert len(rows) < 60_000
    length = shapely.length(rows.shapes)
    years = 3.0
    total = float((np.array(rows.columns["density"]) * length / 1000 * years).sum())
    assert total == pytest.approx(done.outputs.crashes, rel=1e-3)
    share = np.array(rows.columns["length_share"])
    assert (np.diff(share) >= 0).all()
    assert 0 < share[0] < share[-1] <= 1


def test_earlier_crashes_foretell_later_ones_far_better_than_chance(done: Done) -> None:
    assert done.outputs.foretold_1 > 0.05
    assert done.outputs.foretold_5 > 0.15


def test_the_study_finds_the_effect_that_the_sample_was_given(done: Done) -> None:
    study = done.outputs.study
    assert study.sites == 20
    assert study.low < EFFECT < study.high
    assert study.naive_index < study.index, (
        "the worst places were chosen: part of the fall is regression to the mean"
    )


def test_functions_say_that_counts_are_overdispersed(done: Done) -> None:
    assert {one.site for one in done.outputs.functions} == {"junction", "section"}
    assert all(one.dispersion > 0.1 and one.better_than_poisson > 1 for one in done.outputs.functions)
    assert done.outputs.exposure == "length"


def test_own_rules_take_the_place_of_the_shipped_ones(crashes: SampleCity) -> None:
    own = {"title": "三起", "unit_m": 300, "conditions": [{"crashes": 3, "casualties": True}]}
    out = crashes.run("black-spots", {"own_rules": own, "top": 5}).outputs
    assert out.rules_title_en == "三起"
    assert out.spots == 5
    assert not out.rules_verified


@pytest.mark.parametrize(
    ("inputs", "code", "where"),
    [
        ({"start": "2019-01-01", "end": "2020-01-01"}, "TWIN-731", "start"),
        ({"study": {"changed": "2023-07-01", "junctions": ["JD99999"]}}, "TWIN-733", "study.junctions"),
        ({"study": {"changed": "2020-07-01", "roads": ["LD00001"]}}, "TWIN-734", "study.changed"),
        ({"assignment": str(uuid4())}, "TWIN-732", "assignment"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    crashes: SampleCity, inputs: dict[str, Any], code: str, where: str
) -> None:
    with pytest.raises(TwinError) as refused:
        crashes.run("black-spots", inputs)
    assert (refused.value.code, refused.value.where) == (code, where)


def test_flows_of_an_assignment_become_the_exposure(crashes: SampleCity) -> None:
    """Flows that grow with the class of the road, as the sample's crashes do: sites are compared by flow, and it counts."""
    roads = crashes.context(("road_link",)).features("road_link", columns=["code", "class"])
    hourly = {"expressway": 1500.0, "arterial": 1000.0, "secondary": 450.0, "rural": 100.0}
    flow = [hourly.get(kind, 120.0) for kind in roads.columns["class"]]
    columns = {"road_code": roads.columns["code"], "forward": [True] * len(roads), "flow": flow,
               "speed": [30.0] * len(roads), "time": [30.0] * len(roads)}  # fmt: skip
    run = crashes.left("traffic-assignment", {"traffic_link": Features(columns, roads.shapes)})
    done = crashes.run("black-spots", {"assignment": str(run), "peak_share": 0.1})
    assert done.outputs.exposure == "assignment"
    exponent = {one.site: one for one in done.outputs.functions}["junction"]
    assert exponent.flow_exponent > 3 * exponent.flow_exponent_error
    rows = done.table("black_spot")
    assert all(row["flow"] > 0 for row in rows)
    assert "flow" in rows[0]["reason_en"]
