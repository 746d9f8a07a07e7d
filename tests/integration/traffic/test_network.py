"""The network from the layers of the sample city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.city.road_network import CONNECTOR
from twin.processes.traffic.network import LAYERS, arrays, free_times, read

if TYPE_CHECKING:
    from tests.integration.traffic.sample import SampleCity
    from twin.processes.traffic.network import Read


@pytest.fixture(scope="module")
def found(city: SampleCity) -> Read:
    return read(city.context(LAYERS))


def test_each_direction_is_a_link(found: Read) -> None:
    """462 + 287 + 250 + 101 + 58 roads both ways, 42 one way."""
    links = found.network.links
    roads = links.road_class != CONNECTOR
    assert roads.sum() == 2 * 1158 + 42
    assert found.faults == []
    assert np.isfinite(links.free_time).all()
    assert (links.capacity[roads] > 0).all()


def test_shapes_run_with_the_traffic(found: Read) -> None:
    nodes, links = found.network.nodes, found.network.links
    for i in np.nonzero(links.road_class != CONNECTOR)[0][:200]:
        (x, y), (a, b) = links.shape[i].coords[0], links.shape[i].coords[-1]
        assert np.hypot(nodes.x[links.tail[i]] - x, nodes.y[links.tail[i]] - y) < 0.01
        assert np.hypot(nodes.x[links.head[i]] - a, nodes.y[links.head[i]] - b) < 0.01


def test_zones_are_the_grid_cells_and_reach_the_roads(found: Read) -> None:
    network = found.network
    assert len(network.zones) == network.first_through == 630
    assert network.zones.population.sum() == 304451
    ways = np.unique(network.links.tail[network.links.road_class == CONNECTOR])
    joined = np.isin(network.zones.node, ways)
    assert joined[network.zones.population > 0].all()
    graph = coo_array(
        (np.ones(len(network.links)), (network.links.tail, network.links.head)),
        shape=(len(network.nodes),) * 2,
    )
    _, part = connected_components(graph, connection="strong")
    assert np.bincount(part).max() >= len(network.nodes) - (~joined).sum()


def test_zones_do_not_join_expressways(found: Read) -> None:
    links = found.network.links
    fast = set(links.tail[links.road_class == "expressway"]) - set(
        links.tail[~np.isin(links.road_class, ["expressway", CONNECTOR])]
    )
    assert not fast & set(links.head[links.road_class == CONNECTOR])


def test_bans_are_pairs_of_links_that_meet(found: Read) -> None:
    network = found.network
    assert network.banned_from.size >= 37
    assert (network.links.head[network.banned_from] == network.links.tail[network.banned_to]).all()


def test_communities_are_zones_too(city: SampleCity) -> None:
    zones = read(city.context(LAYERS), zones="community").network.zones
    assert 5 < len(zones) < 200
    assert zones.population.sum() == 304451


def test_arrays_keep_positions_and_dry_times_to_the_bit(found: Read) -> None:
    network = arrays(found.network)
    assert network.links == len(found.network.links)
    assert (network.turn_time == np.inf).all()
    own = found.network.links.free_speed
    assert np.array_equal(free_times(found.network, own.copy()), found.network.links.free_time)
    slowed = own.copy()
    slowed[0], slowed[1] = own[0] / 2, 0.0
    times = free_times(found.network, slowed)
    assert times[0] == pytest.approx(2 * found.network.links.free_time[0])
    assert np.array_equal(times[1:], found.network.links.free_time[1:])
