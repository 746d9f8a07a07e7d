"""Sewers fall to their outfalls, pipes grow on the way; water mains make loops."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def pipes(sample: Callable[[str], Any]) -> list[dict[str, Any]]:
    table = sample("drain_pipe")
    rows = table.table.drop_columns([table.meta["geometry_name"] or "wkb_geometry"]).to_pylist()
    return [{**row, "line": line} for row, line in zip(rows, table.geometry, strict=True)]


def test_every_pipe_joins_known_nodes_at_their_place(
    pipes: list[dict[str, Any]], sample: Callable[[str], Any]
) -> None:
    place = {}
    for name in ("manhole", "outfall"):
        place |= dict(zip(sample(name)["code"], sample(name).geometry, strict=True))
    for p in pipes:
        assert shapely.get_point(p["line"], 0).equals(place[p["from_node"]])
        assert shapely.get_point(p["line"], -1).equals(place[p["to_node"]])


def test_every_pipe_falls(pipes: list[dict[str, Any]]) -> None:
    assert all(p["start_invert"] > p["end_invert"] for p in pipes)


def test_one_way_out_and_always_to_an_outfall(
    pipes: list[dict[str, Any]], sample: Callable[[str], Any]
) -> None:
    leaving = {p["from_node"]: p for p in pipes}
    assert len(leaving) == len(pipes), "one pipe leaves a manhole: a tree"
    outfalls = set(sample("outfall")["code"])
    good: set[str] = set(outfalls)
    for start in sample("manhole")["code"]:
        way, node = [], start
        while node not in good:
            way.append(node)
            assert len(way) < 400, "a loop"
            node = leaving[node]["to_node"]
        good.update(way)


def test_diameters_grow_and_no_crown_steps_up(pipes: list[dict[str, Any]]) -> None:
    leaving = {p["from_node"]: p for p in pipes}
    for p in pipes:
        after = leaving.get(p["to_node"])
        if after:
            assert after["diameter"] >= p["diameter"]
            crown = p["end_invert"] + p["diameter"] / 1000
            assert after["start_invert"] + after["diameter"] / 1000 <= crown + 2e-3


def test_cover_and_inverts_agree_with_the_ground(
    pipes: list[dict[str, Any]], sample: Callable[[str], Any]
) -> None:
    table = sample("manhole")
    ground = dict(zip(table["code"], table["ground_elevation"], strict=True))
    invert = dict(zip(table["code"], table["invert_elevation"], strict=True))
    for p in pipes:
        size = p["diameter"] / 1000
        assert ground[p["from_node"]] - p["start_invert"] - size >= 0.70
        assert p["start_invert"] == invert[p["from_node"]]
        if p["to_node"] in ground:
            assert ground[p["to_node"]] - p["end_invert"] - size >= 0.70
            assert p["end_invert"] >= invert[p["to_node"]] - 1e-9
    depth = np.array(table["depth"])
    assert (
        np.abs(np.array(table["ground_elevation"]) - np.array(table["invert_elevation"]) - depth).max() < 0.02
    )
    assert depth.max() < 9.0


def test_manholes_stand_on_the_terrain(sample: Callable[[str], Any], elevation: Callable[[Any], Any]) -> None:
    table = sample("manhole")
    assert np.abs(elevation(table.geometry) - np.array(table["ground_elevation"])).max() < 0.011


def test_sewers_lie_under_streets(sample: Callable[[str], Any]) -> None:
    roads = shapely.union_all(shapely.buffer(sample("road_link").geometry, 2.0))
    table = sample("drain_pipe")
    last = np.char.startswith(np.array(table["to_node"]), "YSK")
    assert shapely.covers(
        roads, shapely.line_interpolate_point(table.geometry[~last], 0.5, normalized=True)
    ).all()


@pytest.mark.parametrize("name", ["water_pipe", "gas_pipe"])
def test_mains_make_loops(name: str, sample: Callable[[str], Any]) -> None:
    table = sample(name)
    place: dict[str, set[bytes]] = defaultdict(set)
    for side, index in (("from_node", 0), ("to_node", -1)):
        for code, point in zip(table[side], shapely.get_point(table.geometry, index), strict=True):
            place[code].add(point.wkb)
    assert all(len(points) == 1 for points in place.values()), "pipes meet at their nodes"
    assert len(table) > len(place) + 100, "more pipes than a tree has"


def test_river_reaches_hang_together(sample: Callable[[str], Any]) -> None:
    table = sample("river_reach")
    first = dict(zip(table["code"], shapely.get_point(table.geometry, 0), strict=True))
    bed = dict(zip(table["code"], table["bed_elevation"], strict=True))
    last = shapely.get_point(table.geometry, -1)
    downstream = list(zip(table["code"], table["downstream_code"], last, strict=True))
    assert sum(after is None for _, after, _ in downstream) == 1
    for code, after, end in downstream:
        if after:
            assert end.equals(first[after])
            assert bed[after] < bed[code]
