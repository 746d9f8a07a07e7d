"""Road networks of other formats: OpenStreetMap, SUMO, GMNS."""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.traffic_network.sample_network import sample_network
from twin.city.road_network import CONNECTOR
from twin.city.road_network_merge import merged
from twin.errors import TwinError
from twin.files import gmns, networks, uxsim_network
from twin.files.osm import speed_km_h
from twin.files.sandbox import read_network
from twin.files.sumo_network import JOIN_M, build, write_plain

if TYPE_CHECKING:
    from twin.files.drawn import Drawn, Road

OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
 <node id="1" lat="30.000" lon="114.000" version="1"/>
 <node id="2" lat="30.000" lon="114.001" version="1"><tag k="highway" v="traffic_signals"/></node>
 <node id="3" lat="30.000" lon="114.002" version="1"/>
 <node id="4" lat="30.001" lon="114.001" version="1"/>
 <node id="5" lat="29.999" lon="114.001" version="1"/>
 <node id="6" lat="30.0005" lon="114.001" version="1"/>
 <node id="7" lat="30.002" lon="114.0015" version="1"/>
 <node id="8" lat="30.002" lon="114.0005" version="1"/>
 <way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
  <tag k="highway" v="primary"/><tag k="name" v="人民路"/><tag k="lanes" v="5"/><tag k="maxspeed" v="60"/></way>
 <way id="11" version="1"><nd ref="2"/><nd ref="6"/><nd ref="4"/>
  <tag k="highway" v="residential"/><tag k="oneway" v="yes"/><tag k="maxspeed" v="20 mph"/><tag k="bridge" v="yes"/></way>
 <way id="12" version="1"><nd ref="5"/><nd ref="2"/><tag k="highway" v="tertiary"/><tag k="oneway" v="-1"/></way>
 <way id="13" version="1"><nd ref="4"/><nd ref="7"/><nd ref="8"/><nd ref="4"/>
  <tag k="highway" v="service"/><tag k="junction" v="roundabout"/></way>
 <way id="14" version="1"><nd ref="1"/><nd ref="5"/><tag k="highway" v="footway"/></way>
 <way id="15" version="1"><nd ref="1"/><nd ref="5"/><tag k="highway" v="service"/><tag k="access" v="private"/></way>
 <relation id="20" version="1"><member type="way" ref="10" role="from"/><member type="node" ref="2" role="via"/>
  <member type="way" ref="11" role="to"/><tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>
 <relation id="21" version="1"><member type="way" ref="12" role="from"/><member type="node" ref="2" role="via"/>
  <member type="way" ref="11" role="to"/><tag k="type" v="restriction"/><tag k="restriction" v="only_straight_on"/></relation>
 <relation id="22" version="1"><member type="way" ref="11" role="from"/><member type="node" ref="4" role="via"/>
  <member type="way" ref="13" role="to"/><tag k="type" v="restriction"/><tag k="restriction" v="no_right_turn"/></relation>
</osm>
"""


def by_code(found: Drawn) -> dict[str, Road]:
    return {road.code: road for road in found.roads}


@pytest.fixture
def osm(tmp_path: Path) -> Drawn:
    path = tmp_path / "town.osm"
    path.write_text(OSM, encoding="utf-8")
    return networks.read(path, path.name)


def test_ways_are_cut_where_they_meet(osm: Drawn) -> None:
    roads = by_code(osm)
    assert set(roads) == {"W10.1", "W10.2", "W11.1", "W12.1", "W13.1", "W13.2"}
    main, side = roads["W10.1"], roads["W11.1"]
    assert (main.from_node, main.to_node, main.direction, main.road_class) == ("N1", "N2", "both", "arterial")
    assert (main.lanes, main.lanes_backward, main.free_speed, main.name) == (3, 2, 60.0, "人民路")
    assert (side.direction, side.lanes_backward, side.bridge) == ("forward", 0, True)
    assert side.free_speed == pytest.approx(32.2)
    assert len(side.points) == 3
    assert roads["W12.1"].direction == "backward"
    assert {roads["W13.1"].direction, roads["W13.2"].direction} == {"forward"}
    assert roads["W13.1"].to_node == roads["W13.2"].from_node  # a loop is cut in its middle


def test_nodes_have_their_kinds(osm: Drawn) -> None:
    kinds = {node.code: node.kind for node in osm.nodes}
    assert kinds["N2"] == "signal"
    assert kinds["N1"] == "end"
    assert "N6" not in kinds


def test_restrictions_that_can_be_told_are_taken_and_others_counted(osm: Drawn) -> None:
    """Way 10 passes through its via node, so that one cannot tell from where; way 12 leads away from it."""
    assert [(turn.from_link, turn.via_node, turn.to_link, turn.kind) for turn in osm.turns] == [
        ("W11.1", "N4", "W13.1", "ban")
    ]
    assert osm.skipped == {"restriction": 2}


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("50", 50.0),
        ("30 mph", 48.3),
        ("none", None),
        ("CN:urban", None),
        (None, None),
        ("60;80", 60.0),
        ("900", None),
    ],
)
def test_speeds(text: str | None, speed: float | None) -> None:
    assert speed_km_h(text) == speed


def test_pbf_says_the_same_as_xml(osm: Drawn, tmp_path: Path) -> None:
    osmium = pytest.importorskip("osmium")
    (tmp_path / "again.osm").write_text(OSM, encoding="utf-8")
    with osmium.SimpleWriter(str(tmp_path / "town.osm.pbf")) as writer:
        for thing in osmium.FileProcessor(str(tmp_path / "again.osm")):
            writer.add(thing)
    made = read_network(tmp_path / "town.osm.pbf", tmp_path)
    assert made["counts"] == {"road_node": 6, "road_link": 6, "turn_restriction": 1, "travel_demand": 0}
    assert networks.read(tmp_path / "town.osm.pbf", "town.osm.pbf").roads == osm.roads


def test_a_file_from_outside_is_read_behind_walls(tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    path.write_text(OSM, encoding="utf-8")
    made = read_network(path, tmp_path)
    assert made["counts"] == {"road_node": 6, "road_link": 6, "turn_restriction": 1, "travel_demand": 0}
    assert made["crs"] == "EPSG:4326"
    assert (tmp_path / "road_link.csv").read_text(encoding="utf-8").count("LINESTRING") == 6


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        (
            "a.osm",
            '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "b">]><osm version="0.6">&a;</osm>',
            "TWIN-232",
        ),
        ("a.osm", OSM[:900], "TWIN-232"),
        ("a.osm", '<osm version="0.6"></osm>', "TWIN-232"),
        ("a.net.xml", '<net><edge id="a"', "TWIN-232"),
        ("a.bin", "nothing of the kind", "TWIN-230"),
        ("a.zip", "PK\x03\x04 not a zip", "TWIN-231"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, name: str, content: str, code: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TwinError, match=code):
        read_network(path, tmp_path)


def test_gmns_there_and_back(tmp_path: Path) -> None:
    network = sample_network()
    gmns.write(network, tmp_path)
    archive = tmp_path / "network.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for table in gmns.TABLES:
            packed.write(tmp_path / f"{table}.csv", f"{table}.csv")
    found = networks.read(archive, archive.name)
    links = network.links
    roads = np.flatnonzero(links.road_class != CONNECTOR)
    assert found.crs == "EPSG:4547"
    assert len(found.roads) == roads.size
    read = by_code(found)
    for i in roads[::37]:
        one = read[f"{links.code[i]}{'+' if links.forward[i] else '-'}"]
        assert one.direction == "forward"
        assert (one.road_class, one.lanes) == (links.road_class[i], links.lanes[i])
        assert one.free_speed == pytest.approx(links.free_speed[i], abs=0.01)
        assert one.capacity == pytest.approx(links.capacity[i], rel=1e-3)
        assert one.from_node == network.nodes.code[links.tail[i]]
    code = gmns.link_ids(network)
    banned = {(code[a], code[b]) for a, b in zip(network.banned_from, network.banned_to, strict=True)}
    assert {(turn.from_link, turn.to_link) for turn in found.turns} <= banned
    assert len(found.turns) > 0.6 * len(banned)  # U-turns are left to the model


def test_sumo_there_and_back(tmp_path: Path) -> None:
    # looked for, not imported: the package points PROJ at a database of its own
    if find_spec("sumo") is None:
        pytest.skip("SUMO is not installed")
    network = merged(sample_network(), JOIN_M)[0]
    plain = write_plain(network, tmp_path)
    target = tmp_path / "network.net.xml"
    build(plain, target)
    found = networks.read(target, target.name)
    read = by_code(found)
    assert set(read) == set(plain.edges)
    links = network.links
    for name, i in list(plain.edges.items())[::41]:
        assert read[name].road_class == links.road_class[i]
        assert read[name].lanes == max(links.lanes[i], 1)
        assert read[name].from_node == network.nodes.code[links.tail[i]]
        x, y = read[name].points[0]
        assert np.hypot(x - network.nodes.x[links.tail[i]], y - network.nodes.y[links.tail[i]]) < 0.1
    names = {i: name for name, i in plain.edges.items()}
    pairs = {(turn.from_link, turn.to_link) for turn in found.turns}
    for a, b in zip(network.banned_from, network.banned_to, strict=True):
        if links.head[b] != links.tail[a]:
            assert (names[int(a)], names[int(b)]) in pairs


def test_uxsim_takes_its_tables(tmp_path: Path) -> None:
    uxsim = pytest.importorskip("uxsim")
    network = merged(sample_network(), JOIN_M)[0]
    nodes, links = uxsim_network.write(network, tmp_path)
    world = uxsim.World(name="", deltan=5, tmax=300, print_mode=0, save_mode=0, show_mode=0, random_seed=1)
    world.generate_Nodes_from_csv(str(nodes))
    world.generate_Links_from_csv(str(links))
    roads = network.links.road_class != CONNECTOR
    assert len(world.LINKS) == roads.sum()
    assert sum(link.length for link in world.LINKS) == pytest.approx(
        network.links.length[roads].sum(), rel=1e-4
    )


def test_gmns_zones_and_movements_without_capacity() -> None:
    """A zone is its centroid, or the only node that names it; a movement of capacity 0 is listed to ban what it names."""
    texts = {
        "node": "node_id,x_coord,y_coord,node_type,zone_id\n1,0,0,centroid,a\n2,9,0,,a\n3,9,9,,b\n4,0,9,,c\n5,5,5,,c",
        "link": "link_id,from_node_id,to_node_id,directed,length,capacity,lanes,free_speed,vdf_alpha,vdf_beta,vdf_fftt\n"
        + "\n".join(f"{a}{b},{a},{b},true,2,600,2,60,0.15,5,3" for a, b in ("12", "23", "34", "45", "25")),
        "movement": "mvmt_id,node_id,ib_link_id,ob_link_id,capacity\n1,2,12,23,0\n2,2,12,25,0\n3,3,23,34,900",
        "config": "long_length,speed\nkm,kph",
    }
    found = gmns.read(texts)
    assert {node.code: node.zone for node in found.nodes} == {
        "1": "a",
        "2": None,
        "3": "b",
        "4": None,
        "5": None,
    }
    assert {(turn.from_link, turn.to_link) for turn in found.turns} == {("12", "23"), ("12", "25")}
    road = by_code(found)["12"]
    assert (road.length, road.free_speed, road.free_time, road.capacity) == (2000.0, 60.0, 180.0, 1200.0)
    assert (road.delay_function, road.delay_a, road.delay_b) == (None, None, 5.0)
