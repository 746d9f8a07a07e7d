"""Approaches in words: from which side, on which road, which turns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import shapely

from tests.unit.traffic_network.sample_network import sample_network
from twin.processes.traffic import approaches

if TYPE_CHECKING:
    from twin.city.road_network import RoadNetwork


def coming(*lines: list[tuple[float, float]]) -> RoadNetwork:
    """The sample's network with its first links drawn anew."""
    links = sample_network().links
    shape, name = links.shape.copy(), links.name.copy()
    for i, line in enumerate(lines):
        shape[i], name[i] = shapely.LineString(line), ("中山路", None)[i % 2]
    return replace(sample_network(), links=replace(links, shape=shape, name=name))


@pytest.mark.parametrize(
    ("start", "expected"),
    [((0, 90), 0), ((70, 70), 1), ((90, 0), 2), ((0, -90), 4), ((-90, 5), 6), ((-70, 70), 7), ((-1, 90), 0)],
)
def test_side_that_an_approach_comes_from(start: tuple[float, float], expected: int) -> None:
    assert approaches.side(coming([start, (0, 0)]), 0) == expected


def test_the_last_metres_of_a_bent_road_tell_its_side() -> None:
    assert approaches.side(coming([(500, 0), (0, 200), (0, 0)]), 0) == 0


def test_words_go_clockwise_and_name_the_road() -> None:
    network = coming([(90, 0), (0, 0)], [(0, 90), (0, 0)])
    words = approaches.told({0: "TL", 1: "R"}, network)
    assert words.zh == "北进口右；东进口（中山路）左直"
    assert words.en == "north: right; east (中山路): left, through"
