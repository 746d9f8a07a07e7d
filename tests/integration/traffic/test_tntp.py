"""TNTP networks and their trips brought into the layers by the command line, and assigned as a city's roads are."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.integration.traffic.sample import OPERATOR, SampleCity
from tests.verification.report import at_hand
from twin.actions.import_layer import import_file
from twin.actions.import_roads import Tntp, import_roads
from twin.cli import app
from twin.errors import TwinError
from twin.files import gmns
from twin.files.sumo_network import write_plain
from twin.processes.traffic.network import LAYERS, arrays, read
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twin.catalog.spec import Catalog

    New = Callable[..., SampleCity]

MINUTE = 60.0  # the best known objectives are in minutes, the city's in seconds
NET = """<NUMBER OF ZONES> 3
<NUMBER OF NODES> 5
<FIRST THRU NODE> 4
<NUMBER OF LINKS> 8
<END OF METADATA>
~ init term capacity length time b power speed toll type ;
 1 4 1000 1 0 0.15 4 0 0 1 ;
 4 3 1000 1 0 0.15 4 0 0 1 ;
 3 5 1000 1 0 0.15 4 0 0 1 ;
 5 2 0 0 1 0 0 0 0 1 ;
 4 5 500 2 6 0.5 1 0 3 1 ;
 4 5 800 3 9 0.2 2 0 0 1 ;
 5 5 800 3 9 0.2 2 0 0 1 ;
 5 4 800 3 9 0.2 2 0 0 1 ;
"""
NODES = "Node\tX\tY\t;\n1\t500000\t3500000\t;\n2\t503000\t3500000\t;\n3 501500 3500900;\n4,501000,3500000\n5 502000 3500000"
TRIPS = """<NUMBER OF ZONES> 3
<END OF METADATA>

Origin 1
    1 : 5.0;  2 : 700.0;
Origin 2
    1 : 4.0;
"""


@pytest.fixture
def new_city(new_database: Callable[..., Any], catalog: Catalog, tmp_path: Path) -> Iterator[New]:
    """Cities without anything in them, in a storage CRS of their own."""
    opened: list[Store] = []

    def make(srid: int) -> SampleCity:
        database = new_database(catalog, srid)
        folder = tmp_path / f"artifacts{len(opened)}"
        folder.mkdir()
        opened.append(Store.open(database.url, catalog))
        return SampleCity(opened[-1], ArtifactStore(str(folder)))

    yield make
    for store in opened:
        store.close()


@pytest.fixture(scope="module")
def empty(database: Any, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleCity]:
    """One for imports that leave nothing."""
    with Store.open(database.url, catalog) as store:
        yield SampleCity(store, ArtifactStore(str(tmp_path_factory.mktemp("artifacts"))))


def typed(city: SampleCity, monkeypatch: pytest.MonkeyPatch, *words: object) -> str:
    """What ``twin import-roads`` says on this city."""
    monkeypatch.setenv("TWIN_DATABASE_URL", city.store.url)
    done = CliRunner().invoke(app, ["import-roads", *(str(word) for word in words)])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def by_hand(city: SampleCity, tmp_path: Path, net: str = NET, place: str = NODES, **more: Any) -> Any:
    for name, text in (("net", net), ("node", place), ("trips", TRIPS)):
        (tmp_path / f"{name}.tntp").write_text(text, encoding="utf-8")
    said = {
        "nodes": tmp_path / "node.tntp",
        "trips": tmp_path / "trips.tntp",
        "time_unit": "min",
        "length_unit": "km",
    }
    return import_roads(
        city.store, OPERATOR, tmp_path / "net.tntp", crs="EPSG:4547", tntp=Tntp(**(said | more))
    )  # fmt: skip


def published(name: str, file: str) -> dict[tuple[str, str], float]:
    lines = at_hand("traffic", name, file).read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.replace(":", " ").replace(";", " ").split() for line in lines if line.strip()]
    return {(row[0], row[1]): float(row[2]) for row in rows}


def test_sioux_falls_by_the_command_line(
    new_city: New, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The best known objective and flows, and both again after GMNS has carried the network to another city."""
    folder, city = at_hand("traffic", "SiouxFalls"), new_city(26914)
    words = (folder / "SiouxFalls_net.tntp", "--nodes", folder / "SiouxFalls_node.tntp", "--trips", folder / "SiouxFalls_trips.tntp",
             "--time-unit", "min", "--length-unit", "mile", "--crs", "EPSG:4326")  # fmt: skip
    said = typed(city, monkeypatch, *words)
    assert "inserted 24" in said
    assert "inserted 76" in said
    assert "inserted 528" in said
    assert "inserted 0, updated 24" in typed(city, monkeypatch, *words)
    asked = {"zones": "node", "gap": 1e-12, "turns": False}
    done = city.run("traffic-assignment", asked)
    assert done.outputs.objective == pytest.approx(4231335.28710744 * MINUTE, rel=1e-12)
    assert done.outputs.trips == 360600.0
    assert done.outputs.cut_off == 0.0
    assert done.outputs.notes == ()
    best = published("SiouxFalls", "SiouxFalls_flow.tntp")
    flows = {row["road_code"]: row["flow"] for row in done.table("traffic_link")}
    assert len(flows) == 76
    assert max(abs(flows[f"{a}-{b}"] - flow) for (a, b), flow in best.items()) < 1e-3

    network = read(city.context(LAYERS), zones="node").network
    gmns.write(network, tmp_path)
    other = new_city(26914)
    import_roads(other.store, OPERATOR, tmp_path)
    names = ["origin", "destination", "trips"]
    trips = city.context(("travel_demand",)).features("travel_demand", columns=names).columns
    rows = [f"am_peak,car,{o},{d},{t!r}" for o, d, t in zip(*(trips[name] for name in names), strict=True)]
    (tmp_path / "trips.csv").write_text("\n".join(["period,class,origin,destination,trips", *rows]))
    import_file(other.store, OPERATOR, tmp_path / "trips.csv", "travel_demand")
    again = other.run("traffic-assignment", asked)
    assert again.outputs.objective == pytest.approx(done.outputs.objective, rel=1e-12)
    told = {row["road_code"]: row["flow"] for row in again.table("traffic_link")}
    assert {code.removesuffix("+"): flow for code, flow in told.items()} == pytest.approx(flows, abs=2e-3)

    closed = city.run("traffic-closure", {"base": str(done.run), "roads": [{"road": "10-16"}], "gap": 1e-8})
    assert closed.outputs.delay_h > 0


@pytest.mark.long
def test_chicago_with_its_tolls_and_distances(new_city: New, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zero-time connectors, tolls in cents (0.02 min each) and miles (0.04 min each) in the objective."""
    folder, city = at_hand("traffic", "Chicago-Sketch"), new_city(26916)
    typed(city, monkeypatch, folder / "ChicagoSketch_net.tntp", "--nodes", folder / "ChicagoSketch_node.tntp", "--trips",
          folder / "ChicagoSketch_trips.tntp", "--time-unit", "min", "--length-unit", "mile", "--crs", "EPSG:26771")  # fmt: skip
    car = {"toll_weight_s": 0.02 * MINUTE, "distance_weight_s_km": 0.04 * MINUTE / 1.609344}
    asked = {"zones": "node", "gap": 1e-12, "turns": False, "classes": [car]}
    done = city.run("traffic-assignment", asked)
    assert done.outputs.objective == pytest.approx(17313018.7387477 * MINUTE, rel=1e-12)
    assert (done.outputs.zones, done.outputs.links) == (387, 2950 - 774)
    assert done.outputs.classes[0].inside == 123414.0
    faults = {row.kind: row.count for row in city.run("road-network", {"zones": "node"}).outputs.faults}
    assert not faults.keys() & {"island", "trap", "duplicate", "loose_end", "zone_without_access"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "stem", "nodes", "units", "seconds", "best", "tolerance"),
    [
        ("Anaheim", "Anaheim", 416, ("min", "ft"), 60.0, 1286032.171096032, 1e-12),
        ("Eastern-Massachusetts", "EMA", 74, ("h", "mile"), 3600.0, 26160.34592291, 1e-11),
    ],
)
def test_networks_whose_nodes_somebody_has_to_place(
    new_city: New, tmp_path: Path, name: str, stem: str, nodes: int, units: tuple[str, str], seconds: float, best: float,
    tolerance: float,
) -> None:  # fmt: skip
    """They come without coordinates; on a circle the equilibrium is theirs all the same. Anaheim has 38 centroids."""
    folder, city = at_hand("traffic", name), new_city(4547)
    round_them = 2 * np.pi * np.arange(nodes) / nodes
    rows = zip(
        range(1, nodes + 1), 5e5 + 5e3 * np.cos(round_them), 35e5 + 5e3 * np.sin(round_them), strict=True
    )
    (tmp_path / "node.tntp").write_text("\n".join(f"{n} {x:.2f} {y:.2f}" for n, x, y in rows))
    said = Tntp(tmp_path / "node.tntp", folder / f"{stem}_trips.tntp", *units)
    import_roads(city.store, OPERATOR, folder / f"{stem}_net.tntp", crs="EPSG:4547", tntp=said)
    done = city.run("traffic-assignment", {"zones": "node", "gap": 1e-12, "turns": False})
    assert done.outputs.objective == pytest.approx(best * seconds, rel=tolerance)


def test_zones_of_nodes_begin_and_end_on_roads_in_sumo(new_city: New, tmp_path: Path) -> None:
    """By way of their connectors, which are no edges; a zone that has no connector from it is none."""
    city = new_city(4547)
    by_hand(city, tmp_path)
    plain = write_plain(read(city.context(LAYERS), zones="node").network, tmp_path)
    assert set(plain.edges) == {"4-5", "4-5.2", "5-4"}
    zones = {
        taz.get("id"): {part.tag: sorted(one.get("id", "") for one in taz.iter(part.tag)) for part in taz}
        for taz in ET.parse(plain.taz).getroot()  # noqa: S314 - our own file
    }
    assert zones == {
        "1": {"tazSource": ["4-5", "4-5.2"], "tazSink": ["5-4"]},
        "3": {"tazSource": ["5-4"], "tazSink": ["4-5", "4-5.2"]},
    }


def test_what_a_network_says_of_itself_reaches_the_engine(new_city: New, tmp_path: Path) -> None:
    city = new_city(4547)
    report = by_hand(city, tmp_path)
    assert {layer: one.inserted for layer, one in report.layers.items()} == {
        "road_node": 5, "road_link": 7, "travel_demand": 3}  # fmt: skip
    assert report.skipped == {"loop": 1}
    found = read(city.context(LAYERS), zones="node").network
    net, code = arrays(found), found.links.code.tolist()
    assert (net.zones, net.first_through) == (3, 3)
    assert found.zones.code.tolist() == found.nodes.code[:3].tolist()
    assert set(found.zones.code) == {"1", "2", "3"}
    at = [code.index(name) for name in ("1-4", "5-2", "4-5", "4-5.2", "5-4")]
    assert net.free_time[at].tolist() == [0.0, 60.0, 360.0, 540.0, 540.0]
    assert net.length[at].tolist() == [1000.0, 0.0, 2000.0, 3000.0, 3000.0]
    assert net.capacity[at].tolist() == [1000.0, np.inf, 500.0, 800.0, 800.0]
    assert net.alpha[at].tolist() == [0.15, 0.0, 0.5, 0.2, 0.2]
    assert net.power[at].tolist() == [4.0, 0.0, 1.0, 2.0, 2.0]
    assert net.toll[at].tolist() == [0.0, 0.0, 3.0, 0.0, 0.0]
    assert found.links.free_speed[at[2]] == pytest.approx(20.0)
    assert np.isfinite(found.links.free_speed).all()


def test_nobody_drives_through_a_centroid(new_city: New, tmp_path: Path) -> None:
    """Over zone 3 the way from 4 to 5 would take no time; 700 trips share the two links beside it instead."""
    city = new_city(4547)
    by_hand(city, tmp_path)
    done = city.run("traffic-assignment", {"zones": "node", "gap": 1e-12})
    flow = {row["road_code"]: row["flow"] for row in done.table("traffic_link")}
    time = {row["road_code"]: row["time"] for row in done.table("traffic_link")}
    assert flow["4-5"] + flow["4-5.2"] == pytest.approx(700.0, abs=2e-3)
    assert time["4-5"] == pytest.approx(360.0 * (1 + 0.5 * flow["4-5"] / 500.0), abs=2e-3)
    assert time["4-5.2"] == pytest.approx(540.0 * (1 + 0.2 * (flow["4-5.2"] / 800.0) ** 2), abs=2e-3)
    assert time["4-5"] == pytest.approx(time["4-5.2"], abs=2e-3)
    assert done.outputs.cut_off == 4.0  # no link leaves 2, and none leads to 1
    assert done.outputs.zones_without_access == ("1", "2")
    assert {note.code for note in done.outputs.notes} == {"TWIN-709", "TWIN-718"}
    cells = read(city.context(LAYERS)).network
    assert cells.first_through == 3  # with other zones, too


@pytest.mark.parametrize(
    ("code", "net", "nodes", "said"),
    [
        ("TWIN-692", NET, NODES, {"nodes": None}),
        ("TWIN-693", NET, NODES, {"time_unit": None}),
        ("TWIN-693", NET, NODES, {"length_unit": None}),
        ("TWIN-694", NET, NODES.replace("4,501000,3500000\n", ""), {}),
        ("TWIN-695", NET, NODES.replace("4,501000", "4,502000"), {}),
        ("TWIN-696", "<osm></osm>", NODES, {}),
        ("TWIN-232", NET.replace("<NUMBER OF ZONES> 3", "<NUMBER OF ZONES> 2"), NODES, {}),
        ("TWIN-232", NET, NODES.replace("503000", "x"), {}),
        ("TWIN-243", NET, NODES, {"nodes": "nowhere.tntp"}),
    ],
)
def test_what_a_network_lacks_is_asked_for(
    empty: SampleCity, tmp_path: Path, code: str, net: str, nodes: str, said: dict[str, Any]
) -> None:
    if isinstance(said.get("nodes"), str):
        said = {"nodes": tmp_path / said["nodes"]}
    with pytest.raises(TwinError, match=code):
        by_hand(empty, tmp_path, net, nodes, **said)
    assert len(empty.context(("road_node",)).features("road_node", columns=["code"])) == 0


def test_a_negative_time_is_refused_by_its_row(empty: SampleCity, tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="TWIN-245") as refused:
        by_hand(empty, tmp_path, NET.replace("5 4 800 3 9", "5 4 800 3 -9"))
    (problem,) = refused.value.problems  # type: ignore[attr-defined]
    assert (problem.column, problem.row, problem.value) == ("free_time", 7, "-540.0")
