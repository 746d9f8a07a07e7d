"""Networks of other formats in the layers, and out again: GMNS and back, SUMO, UXsim."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.integration.traffic.sample import OPERATOR, SampleCity
from tests.unit.traffic_network.test_readers import OSM
from tests.verification.report import at_hand
from twin.actions.import_roads import import_roads
from twin.city.road_network_merge import merged
from twin.city.road_network_report import components
from twin.files import gmns, networks, sumo_network, uxsim_network
from twin.processes.traffic.network import LAYERS, read
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twin.catalog.spec import Catalog
    from twin.city.road_network import RoadNetwork

# Real places: junction areas of Cologne and Ingolstadt (SUMO nets), and a few streets of OpenStreetMap.
PLACES = {"cologne3": 25832, "cologne8": 25832, "ingolstadt7": 25832, "osm": 4547}
NUMBERS = ("length", "free_time", "free_speed", "capacity", "lanes", "alpha", "power", "toll")
# What netconvert says of streets that bend sharply or within a junction; of SUMO's own net of Ingolstadt, too.
BENDS = ("Speed of straight connection", "Intersecting left turns", "Found angle of")
BENT = ("ingolstadt7", "osm")


@pytest.fixture(scope="module")
def new_city(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int], SampleCity]]:
    opened: list[Store] = []

    def make(srid: int) -> SampleCity:
        opened.append(Store.open(new_database(catalog, srid).url, catalog))
        return SampleCity(opened[-1], ArtifactStore(str(tmp_path_factory.mktemp("artifacts"))))

    yield make
    for store in opened:
        store.close()


@pytest.fixture(scope="module", params=PLACES)
def place(
    request: pytest.FixtureRequest, new_city: Callable[[int], SampleCity], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, RoadNetwork]:  # fmt: skip
    name = str(request.param)
    if name == "osm":
        path = tmp_path_factory.mktemp("osm") / "town.osm"
        path.write_text(OSM, encoding="utf-8")
    else:
        path = at_hand("traffic", "resco", name, f"{name}.net.xml")
    city = new_city(PLACES[name])
    import_roads(city.store, OPERATOR, path)
    found = read(city.context(LAYERS))
    assert found.faults == []
    return name, found.network


def told(network: RoadNetwork) -> tuple[dict[tuple[str, ...], list[Any]], set[tuple[str, str]]]:
    """The links by road, direction and ends, and the banned turns; a direction of a road is a road of its own after GMNS."""
    links, code = network.links, network.nodes.code
    if all(str(one)[-1:] in "+-" for one in links.code):
        name = [str(one) for one in links.code]
    else:
        name = [f"{one}{'+' if ahead else '-'}" for one, ahead in zip(links.code, links.forward, strict=True)]
    rows = {
        (name[i], code[links.tail[i]], code[links.head[i]], links.road_class[i], links.function[i]): [
            float(getattr(links, column)[i]) for column in NUMBERS
        ]
        for i in range(len(links))
    }
    bans = zip(network.banned_from.tolist(), network.banned_to.tolist(), strict=True)
    return rows, {(name[a], name[b]) for a, b in bans}


def test_gmns_brings_the_same_network_back(
    place: tuple[str, RoadNetwork], new_city: Callable[[int], SampleCity], tmp_path: Path
) -> None:
    name, network = place
    gmns.write(network, tmp_path)
    other = new_city(PLACES[name])
    import_roads(other.store, OPERATOR, tmp_path)
    found = read(other.context(LAYERS))
    (rows, bans), (again, banned) = told(network), told(found.network)
    assert again.keys() == rows.keys()
    for key, numbers in rows.items():
        assert again[key] == pytest.approx(numbers, rel=1e-14)
    assert banned == bans


def test_sumo_takes_it(place: tuple[str, RoadNetwork], tmp_path: Path) -> None:
    # looked for, not imported: the package points PROJ at a database of its own
    if find_spec("sumo") is None:
        pytest.skip("SUMO is not installed")
    name, network = place
    plain = sumo_network.write_plain(merged(network, sumo_network.JOIN_M)[0], tmp_path)
    target = tmp_path / "network.net.xml"
    said = sumo_network.build(plain, target)
    if name in BENT:
        assert all(any(known in line for known in BENDS) for line in said), said
    else:
        assert said == ()
    assert {road.code for road in networks.read(target, target.name).roads} == set(plain.edges)


def test_uxsim_drives_on_it(place: tuple[str, RoadNetwork], tmp_path: Path) -> None:
    uxsim = pytest.importorskip("uxsim")
    network = merged(place[1], sumo_network.JOIN_M)[0]
    nodes, links = uxsim_network.write(network, tmp_path)
    world = uxsim.World(name="", deltan=1, tmax=3600, print_mode=0, save_mode=0, show_mode=0, random_seed=1)
    world.generate_Nodes_from_csv(str(nodes))
    world.generate_Links_from_csv(str(links))
    assert len(world.LINKS) == len(network.links)
    main = network.nodes.code[components(network, "strong") == 0]
    draw = np.random.default_rng(1)
    for _ in range(10):
        start, end = draw.choice(main, 2, replace=False)
        world.adddemand(str(start), str(end), 0, 600, 0.01)
    world.exec_simulation()
    world.analyzer.basic_analysis()
    assert world.analyzer.trip_all > 40
    assert world.analyzer.trip_completed == world.analyzer.trip_all
