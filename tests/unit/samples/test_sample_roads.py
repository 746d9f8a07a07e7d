"""The road graph can be routed on, and crosses water on bridges only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, shortest_path

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def ends(sample: Callable[[str], Any]) -> tuple[np.ndarray, np.ndarray]:
    number = {code: n for n, code in enumerate(sample("road_node")["code"])}
    links = sample("road_link")
    return tuple(np.array([number[c] for c in links[side]]) for side in ("from_node", "to_node"))


def test_links_start_and_end_at_their_nodes(sample: Callable[[str], Any], ends: Any) -> None:
    nodes, links = sample("road_node").geometry, sample("road_link").geometry
    for side, index in zip(ends, (0, -1), strict=True):
        assert shapely.equals(shapely.get_point(links, index), nodes[side]).all()


def test_one_component_even_with_one_way_streets(sample: Callable[[str], Any], ends: Any) -> None:
    links, (a, b) = sample("road_link"), ends
    direction = np.array(links["direction"])
    forward, back = direction != "backward", direction != "forward"
    row, column = np.r_[a[forward], b[back]], np.r_[b[forward], a[back]]
    size = len(sample("road_node"))
    graph = coo_array((np.ones(len(row)), (row, column)), shape=(size, size))
    assert connected_components(graph, connection="strong")[0] == 1


def test_streets_cross_at_nodes_only(sample: Callable[[str], Any]) -> None:
    links = sample("road_link").geometry
    tree = shapely.STRtree(links)
    i, j = tree.query(links, predicate="crosses")
    assert len(i[i < j]) == 0


def test_detours_are_those_of_a_street_grid(sample: Callable[[str], Any], ends: Any) -> None:
    a, b = ends
    links, nodes = sample("road_link").geometry, sample("road_node").geometry
    graph = coo_array((shapely.length(links), (a, b)), shape=(len(nodes), len(nodes)))
    picked = np.random.default_rng(1).choice(len(nodes), 12, replace=False)
    way = shortest_path(graph.tocsr(), directed=False, indices=picked)
    straight = shapely.distance(nodes[picked][:, None], nodes[None, :])
    far = straight > 1500
    assert 1.1 < np.median(way[far] / straight[far]) < 1.6


def test_water_is_crossed_on_bridges(sample: Callable[[str], Any]) -> None:
    land = sample("land_use")
    use = np.array(land["land_use"])
    river = shapely.union_all(land.geometry[(use == "1701") & (shapely.area(land.geometry) > 2e5)])
    links = sample("road_link")
    wet = shapely.length(shapely.intersection(links.geometry, river)) > 1.0
    bridge = np.array(links["bridge"])
    assert wet.sum() >= 5
    assert bridge[wet].all()


def test_the_hierarchy_is_plausible(sample: Callable[[str], Any]) -> None:
    links = sample("road_link")
    length = Counter()
    for kind, line in zip(links["class"], links.geometry, strict=True):
        length[kind] += line.length / 1000
    assert set(length) == {"expressway", "arterial", "secondary", "local", "rural"}
    assert length["expressway"] < length["arterial"] < length["local"]
    assert sum(np.array(links["tunnel"])) == 4
    assert (np.array(links["lanes"]) + np.array(links["lanes_backward"]) >= 1).all()
