"""From roads as drawn to directed links, turns and connectors."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from tests.unit.traffic_network.roads import nodes, road, roads
from twin.catalog.load import load, shipped_layers
from twin.city.passability import STOP_M, safe_speed, speed_in_water, vehicles
from twin.city.road_class import road_classes
from twin.city.road_network import CENTROID, CONNECTOR
from twin.city.road_network_links import directed, turns
from twin.city.road_network_zones import Joining, at_nodes, joined, ordered


def test_every_road_class_has_its_defaults() -> None:
    assert set(road_classes()) == set(load(shipped_layers()).vocabularies["road_class"].terms)


def test_a_two_way_road_is_two_links_and_a_one_way_road_one() -> None:
    links, faults = directed(
        nodes(),
        roads(
            road("1", "A", "B"),
            road("2", "B", "C", direction="backward"),
            road("3", "B", "D", direction="forward"),
        ),
    )
    assert faults == []
    assert list(zip(links.code, links.forward, links.tail, links.head, strict=True)) == [
        ("1", True, 0, 1), ("1", False, 1, 0), ("2", False, 2, 1), ("3", True, 1, 3)]  # fmt: skip
    assert links.shape[1].coords[0] == (100.0, 0.0)
    assert links.length == pytest.approx([100, 100, 100, 100])


def test_gaps_are_filled_by_class() -> None:
    links, _ = directed(
        nodes(), roads(road("1", "A", "B", road_class="arterial", lanes=2, lanes_backward=None))
    )
    usual = road_classes()["arterial"]
    assert links.free_speed.tolist() == [usual.free_speed] * 2
    assert links.lanes.tolist() == [2, usual.lanes]
    assert links.capacity.tolist() == [2 * usual.lane_capacity, usual.lanes * usual.lane_capacity]


def test_own_numbers_win() -> None:
    links, _ = directed(nodes(), roads(road("1", "A", "B", capacity=123.0, free_speed=7.0)))
    assert links.capacity.tolist() == [123.0, 123.0]
    assert links.free_time == pytest.approx([3.6 * 100 / 7] * 2)


def test_what_a_road_says_of_itself_stands_for_line_and_class() -> None:
    own = {
        "length": 250.0,
        "free_time": 18.0,
        "delay_function": "conical",
        "delay_a": 0.5,
        "delay_b": 6.0,
        "toll": 3.0,
    }
    links, _ = directed(nodes(), roads(road("1", "A", "B", free_speed=7.0, **own), road("2", "B", "C")))
    assert links.length.tolist() == [250.0, 250.0, 100.0, 100.0]
    assert links.free_time[:2].tolist() == [18.0, 18.0]
    assert links.free_speed[:2] == pytest.approx([50.0, 50.0])
    assert list(zip(links.function, links.alpha, links.power, links.toll, strict=True))[1:3] == [
        ("conical", 0.5, 6.0, 3.0), ("bpr", 0.15, 4.0, 0.0)]  # fmt: skip


@pytest.mark.parametrize(("length", "time"), [(0.0, 9.0), (50.0, 0.0), (0.0, 0.0)])
def test_links_without_length_or_time_keep_a_finite_speed(length: float, time: float) -> None:
    row = road("1", "A", "B", direction="forward", length=length, free_time=time)
    links, faults = directed(nodes(), roads(row))
    assert (faults, links.length[0], links.free_time[0]) == ([], length, time)
    assert links.free_speed[0] == road_classes()["local"].free_speed


def test_zones_may_be_nodes_and_none_passes_a_centroid() -> None:
    """D is a centroid and zone 7; C, a junction, is zone 8; A and B are none."""
    drawn = nodes()
    drawn.kind[list(drawn.code).index("D")] = CENTROID
    zone = np.array([{"D": "7", "C": "8"}.get(code) for code in drawn.code], object)
    places, zone = ordered(drawn, zone)
    assert places.code.tolist() == ["D", "C", "A", "B"]
    links, _ = directed(places, roads(road("1", "A", "B"), road("2", "B", "C"), road("3", "B", "D")))
    none = np.empty(0, np.int32)
    network = at_nodes(places, links, (none, none), zone, None)
    assert network.zones.code.tolist() == ["7", "8"]
    assert (network.zones.node.tolist(), network.first_through) == ([0, 1], 1)
    cells = (np.array(["cell"], object), np.array([10.0]), np.array([10.0]), np.array([5.0]))
    assert joined(places, links, (none, none), cells, None).first_through == 2


def test_faulty_roads_are_left_out_and_named() -> None:
    links, faults = directed(
        nodes(),
        roads(
            road("ok", "A", "B"),
            road("loop", "A", "A", shape=shapely.LineString([(0, 0), (9, 0), (0, 9), (0, 0)])),
            road("short", "A", "B", shape=shapely.LineString([(0, 0), (0, 1e-5)])),
            road("shut", "A", "B", capacity=0.0),
            road("lost", "A", "Z"),
            road("path", "A", "B", road_class="footway"),
        ),
    )
    assert set(links.code) == {"ok"}
    assert {(fault.kind, fault.code) for fault in faults} == {
        ("self_loop", "loop"), ("zero_length", "short"), ("no_capacity", "shut"), ("unknown_node", "lost")}  # fmt: skip
    assert all(fault.left_out for fault in faults)


def test_turns_banned_and_compulsory() -> None:
    links, _ = directed(nodes(), roads(road("1", "A", "B"), road("2", "B", "C"), road("3", "B", "D")))
    start, end, lost = turns(
        links, nodes(), [("1", "B", "3", "ban"), ("2", "B", "1", "only"), ("1", "C", "3", "ban")]
    )
    index = {
        (code, bool(ahead)): i for i, (code, ahead) in enumerate(zip(links.code, links.forward, strict=True))
    }
    pairs = set(zip(start.tolist(), end.tolist(), strict=True))
    assert pairs == {
        (index["1", True], index["3", True]),
        (index["2", False], index["3", True]),
        (index["2", False], index["2", True]),
    }
    assert lost == ["C"]


def test_zones_join_the_nearest_nodes_in_reach() -> None:
    links, _ = directed(nodes(), roads(road("1", "A", "B"), road("2", "B", "C"), road("3", "B", "D")))
    code = np.array(["near", "far"], object)
    none = np.empty(0, np.int32)
    x, y = np.array([10.0, 9000.0]), np.array([10.0, 0.0])
    network = joined(nodes(), links, (none, none), (code, x, y, np.array([5.0, 0.0])), None, Joining(most=1))
    connectors = np.nonzero(network.links.road_class == CONNECTOR)[0]
    assert [network.nodes.code[i] for i in network.links.head[connectors] if i >= 2] == ["A"]
    assert network.links.free_time[connectors[0]] == pytest.approx(3.6 * np.hypot(10, 10) / 20)
    assert set(network.links.code[connectors]) == {"near"}
    assert (network.links.tail[:6] >= 2).all()


def test_speed_in_water_by_class_of_vehicle() -> None:
    depth = np.array([0.0, 0.0, 0.15, 0.3, 0.45, 0.6])
    free = np.array([50.0, 120.0, 50.0, 50.0, 50.0, 50.0])
    flow = np.zeros(6)
    car = speed_in_water(depth, flow, free, vehicles()["car"])
    assert car[:2].tolist() == [50.0, 120.0]
    assert car[2:].tolist() == safe_speed(depth[2:], free[2:]).tolist()
    assert car[3] == 0.0
    emergency = vehicles()["emergency"]
    rescue = speed_in_water(depth, flow, free, emergency)
    assert rescue[3] == pytest.approx(safe_speed(np.array([0.3 * STOP_M / emergency.depth_m]), free[3:4])[0])
    assert rescue[5] == 0.0
    assert speed_in_water(np.array([0.1]), np.array([9.0]), free[:1], emergency)[0] == 0.0
