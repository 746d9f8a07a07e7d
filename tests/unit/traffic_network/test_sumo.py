"""The network for SUMO: netconvert takes it without a word, and what comes out is the network."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.traffic_network.sample_network import sample_network
from twin.city.road_network import CONNECTOR
from twin.city.road_network_merge import merged
from twin.files.sumo_network import JOIN_M, build, write_plain

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.road_network import RoadNetwork
    from twin.files.sumo_network import Plain

sumolib = pytest.importorskip("sumolib")


@pytest.fixture(scope="module")
def network() -> RoadNetwork:
    return merged(sample_network(), JOIN_M)[0]


@pytest.fixture(scope="module")
def plain(network: RoadNetwork, tmp_path_factory: pytest.TempPathFactory) -> Plain:
    return write_plain(network, tmp_path_factory.mktemp("sumo"))


@pytest.fixture(scope="module")
def made(plain: Plain) -> Path:
    target = plain.nod.with_name("network.net.xml")
    assert build(plain, target) == ()
    return target


def test_netconvert_has_nothing_to_warn_of_and_keeps_every_edge(
    made: Path, plain: Plain, network: RoadNetwork
) -> None:
    net = sumolib.net.readNet(str(made))
    edges = {edge.getID(): edge for edge in net.getEdges()}
    assert set(edges) == set(plain.edges)
    links = network.links
    for name, i in list(plain.edges.items())[::7]:
        edge = edges[name]
        assert edge.getLaneNumber() == max(links.lanes[i], 1)
        assert edge.getSpeed() == pytest.approx(links.free_speed[i] / 3.6, abs=0.01)
        assert edge.getLength() == pytest.approx(links.length[i], abs=0.02)
        assert plain.nodes[edge.getFromNode().getID()] == links.tail[i]


def test_banned_turns_have_no_connection(made: Path, plain: Plain, network: RoadNetwork) -> None:
    net = sumolib.net.readNet(str(made))
    name = {i: edge for edge, i in plain.edges.items()}
    for a, b in zip(network.banned_from, network.banned_to, strict=True):
        start, end = net.getEdge(name[int(a)]), net.getEdge(name[int(b)])
        assert end not in start.getOutgoing()
    assert network.banned_from.size > 30


def test_signals_stand_where_the_city_has_them(made: Path, network: RoadNetwork, plain: Plain) -> None:
    net = sumolib.net.readNet(str(made))
    lit = {node.getID() for node in net.getNodes() if node.getType() == "traffic_light"}
    wanted = {name for name, i in plain.nodes.items() if network.nodes.kind[i] == "signal"}
    assert lit <= wanted
    assert len(lit) >= 0.95 * len(wanted)  # a node where nobody crosses anybody gets no signal


def test_zones_begin_and_end_on_edges_that_exist(plain: Plain) -> None:
    root = ET.parse(plain.taz).getroot()  # noqa: S314 - our own file
    assert {taz.get("id") for taz in root} == set(plain.zones)
    named = {part.get("id") for taz in root for part in taz}
    assert named <= set(plain.edges)


def test_merging_leaves_no_short_road_and_all_long_ones(network: RoadNetwork) -> None:
    whole = sample_network().links
    roads = network.links.road_class != CONNECTOR
    assert network.links.length[roads].min() >= JOIN_M
    gone = set(whole.code[whole.length >= 40.0]) - set(network.links.code)
    assert gone == set()
    kept = merged(sample_network(), JOIN_M)[1]
    assert (whole.code[kept] == network.links.code).all()
    assert np.array_equal(whole.forward[kept], network.links.forward)
