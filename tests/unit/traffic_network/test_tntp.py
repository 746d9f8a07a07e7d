"""TNTP files: the traps of the collection, and what is no such file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin.errors import TwinError
from twin.files.tntp import read_network, read_trips

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "traffic"
NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 3
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 3
<END OF METADATA>
~ init term capacity length time b power speed toll type ;
 1 3 100 1.5 0 0.15 4 0 0 1 ;
 3 2 50 2 3.5 0.5 0.7 0 20 1 ;
 3 2 50 2 3.5 0 0 0 0 1 ;
"""
TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 12.0
<END OF METADATA>

Origin 1
    1 :  5.0;    2 :  7.5;
Origin  2
    1 :  0.0;
"""


def test_a_network_with_its_traps(tmp_path: Path) -> None:
    path = tmp_path / "a_net.tntp"
    path.write_text(NET)
    net = read_network(path)
    assert (net.nodes, net.zones, net.first_through, net.links) == (3, 2, 2, 3)
    assert net.tail.tolist() == [0, 2, 2]
    assert net.head.tolist() == [2, 1, 1]
    assert net.free_time.tolist() == [0.0, 3.5, 3.5]
    assert net.power.tolist() == [4.0, 0.7, 0.0]
    assert net.toll.tolist() == [0.0, 20.0, 0.0]


def test_trips_within_a_zone_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a_trips.tntp"
    path.write_text(TRIPS)
    trips = read_trips(path)
    assert (trips.origin.tolist(), trips.destination.tolist(), trips.trips.tolist()) == ([0], [1], [7.5])
    assert trips.inside == 5.0


@pytest.mark.parametrize(
    "text",
    ["", "<NUMBER OF ZONES> 2", NET.replace("<NUMBER OF LINKS> 3", "<NUMBER OF LINKS> 4"), NET.replace(" 3 2 50", " 9 2 50"),
     NET.replace("3.5", "x"), NET.replace("<NUMBER OF NODES> 3\n", "")],
)  # fmt: skip
def test_what_is_no_network_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad_net.tntp"
    path.write_text(text)
    with pytest.raises(TwinError, match="TWIN-232"):
        read_network(path)


@pytest.mark.parametrize(
    ("folder", "name", "links", "total", "inside"),
    [
        ("SiouxFalls", "SiouxFalls", 76, 360600.0, 0.0),
        ("Chicago-Sketch", "ChicagoSketch", 2950, 1260907.44, 123414.0),
        ("Eastern-Massachusetts", "EMA", 258, 65576.37, 0.0),
    ],
)
def test_the_collection_reads_whole(folder: str, name: str, links: int, total: float, inside: float) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip("the benchmark networks are not here")
    net = read_network(DATA / folder / f"{name}_net.tntp")
    trips = read_trips(DATA / folder / f"{name}_trips.tntp")
    assert net.links == links
    assert trips.trips.sum() + trips.inside == pytest.approx(total, rel=1e-3)
    assert trips.inside == pytest.approx(inside, rel=1e-4)
    assert np.all(trips.origin != trips.destination)
