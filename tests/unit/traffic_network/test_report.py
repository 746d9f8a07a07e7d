"""Faults of a network are found and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from tests.unit.traffic_network.roads import nodes, road, roads
from twin.city.road_network import CENTROID
from twin.city.road_network_links import Fault, directed
from twin.city.road_network_report import examine
from twin.city.road_network_zones import joined, ordered

PLACES = {
    "A": (0.0, 0.0), "B": (100.0, 0.0), "C": (200.0, 0.0), "D": (100.0, 100.0),
    "X": (5000.0, 0.0), "Y": (5100.0, 0.0), "Z": (5050.0, 80.0),
}  # fmt: skip


def line(a: str, b: str) -> shapely.LineString:
    return shapely.LineString([PLACES[a], PLACES[b]])


def found(
    *rows: dict[str, Any], zone: tuple[float, float] = (10.0, 10.0), centroid: str | None = None
) -> list[Fault]:
    drawn = roads(*({"shape": line(row["from_node"], row["to_node"])} | row for row in rows))
    places = nodes(PLACES)
    places.kind[places.code == centroid] = CENTROID
    places, _ = ordered(places, np.full(len(places), None, object))
    links, faults = directed(places, drawn)
    none = np.empty(0, np.int32)
    code = np.array(["zone"], object)
    zones = (code, np.array([zone[0]]), np.array([zone[1]]), np.array([7.0]))
    return examine(joined(places, links, (none, none), zones, None), places, drawn, faults)


SOUND = {"lanes": 1, "lanes_backward": 1, "capacity": 600.0, "free_speed": 30.0}
RING = [road("1", "A", "B", **SOUND), road("2", "B", "D", **SOUND), road("3", "D", "A", **SOUND)]


def test_a_sound_network_has_no_faults() -> None:
    assert found(*RING) == []


def test_islands_are_named_with_their_size() -> None:
    faults = found(
        *RING, road("8", "X", "Y", **SOUND), road("9", "Y", "Z", **SOUND), road("7", "Z", "X", **SOUND)
    )
    assert [(fault.kind, fault.code, fault.value) for fault in faults] == [("island", "8", 3.0)]


def test_a_road_one_can_enter_but_not_leave_is_a_trap() -> None:
    faults = found(*RING, road("4", "B", "C", direction="forward", **SOUND))
    assert ("trap", "4", 1.0) in [(fault.kind, fault.code, fault.value) for fault in faults]
    assert ("dead_end", "C") in [(fault.kind, fault.code) for fault in faults]


def test_roads_drawn_twice_and_loose_ends() -> None:
    away = shapely.LineString([(0, 0), (97, 0)])
    faults = found(*RING, road("5", "B", "A", **SOUND), road("6", "A", "B", shape=away, **SOUND))
    kinds = [(fault.kind, fault.code) for fault in faults]
    assert ("duplicate", "5") in kinds
    assert [fault.value for fault in faults if fault.kind == "loose_end"] == [pytest.approx(3.0)]


def test_the_two_directions_of_a_road_may_be_drawn_each_for_itself() -> None:
    there, back = (
        road("5", "B", "C", direction="forward", **SOUND),
        road("6", "C", "B", direction="forward", **SOUND),
    )
    assert "duplicate" not in {fault.kind for fault in found(*RING, there, back)}
    against = road("6", "C", "B", direction="backward", **SOUND)
    assert ("duplicate", "6") in {(fault.kind, fault.code) for fault in found(*RING, there, against)}


def test_centroids_and_connectors_are_no_faults() -> None:
    connector = road("0", "C", "B", road_class="connector", free_time=0.0)
    assert found(*RING, connector, centroid="C") == []
    assert ("dead_end", "C") in {(fault.kind, fault.code) for fault in found(*RING, connector)}


def test_missing_and_unlikely_attributes() -> None:
    odd = SOUND | {"free_speed": 190.0, "capacity": 9000.0}
    faults = found(RING[0], RING[1] | odd, RING[2] | dict.fromkeys(SOUND))
    assert {(fault.kind, fault.code, fault.attribute) for fault in faults} == {
        ("outlier", "2", "free_speed"), ("outlier", "2", "capacity"),
        ("missing", "3", "lanes"), ("missing", "3", "free_speed"), ("missing", "3", "capacity"),
    }  # fmt: skip


def test_a_zone_without_access_is_named() -> None:
    assert [(fault.kind, fault.code, fault.value) for fault in found(*RING, zone=(-9e5, 0.0))] == [
        ("zone_without_access", "zone", 7.0)
    ]
    on_island = found(*RING, road("8", "X", "Y", **SOUND), zone=(5000.0, 9.0))
    assert ("zone_without_access", "zone") in [(fault.kind, fault.code) for fault in on_island]
