"""The General Modeling Network Specification (GMNS 0.96): node.csv, link.csv, movement.csv, config.csv, read and written."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.road_class import road_classes
from twin.city.road_network import CENTROID, CONNECTOR
from twin.city.road_network_links import turned
from twin.files.drawn import Drawn, Node, Road, Turn
from twin.files.osm import CLASSES
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from twin.city.road_class import RoadClass
    from twin.city.road_network import RoadNetwork

TABLES = ("node", "link", "movement", "config")
OWN = (
    "motorway",
    "expressway",
    "arterial",
    "secondary",
    "local",
    "highway",
    "ramp",
    "service",
    "rural",
    "footway",
    CONNECTOR,
)
WORDS = CLASSES | {
    "freeway": "motorway",
    "highway": "highway",
    "collector": "secondary",
    "expressway": "expressway",
}
METRES = {
    "mile": 1609.344,
    "miles": 1609.344,
    "mi": 1609.344,
    "km": 1000.0,
    "kilometer": 1000.0,
    "m": 1.0,
    "meter": 1.0,
}
SPEEDS_KM_H = (1.0, 200.0)  # that the layer takes
KM_H = {"mph": 1.609344, "kph": 1.0, "km/h": 1.0, "kmh": 1.0, "m/s": 3.6}
MOVEMENT = ("mvmt_id", "node_id", "ib_link_id", "ob_link_id", "type", "penalty", "capacity")
TRUE = ("1", "true", "t", "yes")


def read(texts: Mapping[str, str]) -> Drawn:
    """A network of the tables' texts by name (node and link are needed); its coordinates are the file's own.

    ``capacity`` is taken by lane, as the specification says, ``length`` where config.csv names its unit. ``vdf_function``,
    ``vdf_alpha``, ``vdf_beta`` and ``vdf_fftt`` (min) are columns beside the specification. Connectors without a geometry, which a
    model made for itself, are left out. Of the movements of a link and node every other one is taken as banned, and so are those
    of capacity 0.
    """
    for name in ("node", "link"):
        if name not in texts:
            raise refusal("TWIN-232", format="GMNS", reason=f"{name}.csv")
    config = next(iter(_rows(texts.get("config", ""))), {})
    drawn = Drawn()
    try:
        zone = _zones(list(_rows(texts["node"])))
        for row in _rows(texts["node"]):
            kind = "signal" if row.get("ctrl_type") == "signal" else row.get("node_type")
            drawn.nodes.append(
                Node(
                    row["node_id"],
                    float(row["x_coord"]),
                    float(row["y_coord"]),
                    row.get("name") or None,
                    _kind(kind),
                    zone.get(row["node_id"]),
                )
            )
        place = {node.code: (node.x, node.y) for node in drawn.nodes}
        for row in _rows(texts["link"]):
            speed_unit = KM_H.get(config.get("speed_unit", config.get("speed", "")), 1.0)
            _link(row, place, speed_unit, METRES.get(config.get("long_length", "")), drawn)
        _movements(list(_rows(texts.get("movement", ""))), drawn)
    except (KeyError, ValueError, shapely.errors.GEOSException) as error:
        raise refusal("TWIN-232", format="GMNS", reason=f"{type(error).__name__}: {error}"[:200]) from error
    used = {end for road in drawn.roads for end in (road.from_node, road.to_node)}
    drawn.nodes = [node for node in drawn.nodes if node.code in used]
    crs = config.get("crs", "")
    drawn.crs = crs if crs.upper().startswith("EPSG:") else None
    drawn.kinds()
    return drawn


def _rows(text: str) -> Iterator[dict[str, str]]:
    for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff"))):
        yield {key: (value or "").strip() for key, value in row.items() if key}


def _kind(text: str | None) -> str | None:
    return (
        text
        if text in ("junction", "signal", "roundabout", "interchange", "shape", "end", "boundary", CENTROID)
        else None
    )


def _zones(rows: list[dict[str, str]]) -> dict[str, str]:
    """The zone of each node that stands for one: its centroid, or the only node that names it."""
    named: dict[str, list[str]] = {}
    for row in rows:
        if row.get("zone_id"):
            named.setdefault(row["zone_id"], []).append(row["node_id"])
    centroids = {row["node_id"] for row in rows if row.get("node_type") == CENTROID}
    fit = {zone: [n for n in nodes if n in centroids] or nodes for zone, nodes in named.items()}
    return {nodes[0]: zone for zone, nodes in fit.items() if len(nodes) == 1}


def _number(text: str | None) -> float | None:
    return float(text) if text and text.lower() != "nan" else None


def _link(
    row: Mapping[str, str],
    place: Mapping[str, tuple[float, float]],
    km_h: float,
    metres: float | None,
    drawn: Drawn,
) -> None:
    start, end = row["from_node_id"], row["to_node_id"]
    kind = row.get("facility_type", "").lower()
    made = kind == CONNECTOR and not row.get("geometry")
    if start == end or made or start not in place or end not in place:
        drawn.skip("loop" if start == end else "connector" if made else "node")
        return
    points = [place[start], place[end]]
    if row.get("geometry"):
        line = shapely.from_wkt(row["geometry"])
        points = [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
        if row.get("dir_flag") == "-1":
            points.reverse()
    one_way = row.get("directed", "").lower() in TRUE
    lanes = _number(row.get("lanes"))
    capacity, speed = _number(row.get("capacity")), _number(row.get("free_speed"))
    count = int(lanes) if lanes else None
    if speed is not None and km_h != 1.0:
        speed = round(speed * km_h, 2)
    own_class = kind if kind in OWN else WORDS.get(kind, "local")
    drawn.roads.append(
        Road(
            code=row["link_id"], from_node=start, to_node=end, road_class=own_class,
            direction="forward" if one_way else "both", points=points, name=row.get("name") or None,
            lanes=count, lanes_backward=0 if one_way else count,
            capacity=None if capacity is None else capacity * (count or 1),
            **_given(row, road_classes()[own_class], speed, metres),
        )
    )  # fmt: skip


def _given(
    row: Mapping[str, str], usual: RoadClass, speed: float | None, metres: float | None
) -> dict[str, Any]:
    """What the row says of speed, length, time, delay and toll; delays as those of the class and times that follow from
    length and speed are left to them."""
    far = _number(row.get("length"))
    length = None if far is None or metres is None else far * metres
    minutes = _number(row.get("vdf_fftt"))
    time = None if minutes is None else 60.0 * minutes
    if speed is not None and time is not None and not SPEEDS_KM_H[0] <= speed <= SPEEDS_KM_H[1]:
        speed = None
    if time is not None and length and speed and abs(3.6 * length / speed - time) <= 1e-12 * time:
        time = None
    a, b = _number(row.get("vdf_alpha")), _number(row.get("vdf_beta"))
    function = row.get("vdf_function") or ("bpr" if a is not None else None)
    toll = _number(row.get("toll"))
    return {
        "free_speed": speed,
        "length": length,
        "free_time": time,
        "delay_function": None if function == usual.function else function,
        "delay_a": None if a == usual.alpha else a,
        "delay_b": None if b == usual.power else b,
        "toll": toll or None,
    }


def _movements(rows: list[dict[str, str]], drawn: Drawn) -> None:
    listed: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        allowed = listed.setdefault((row["ib_link_id"], row["node_id"]), set())
        if _number(row.get("capacity")) != 0:
            allowed.add(row["ob_link_id"])
    leaving: dict[str, list[Road]] = {}
    for road in drawn.roads:
        leaving.setdefault(road.from_node, []).append(road)
        if road.direction == "both":
            leaving.setdefault(road.to_node, []).append(road)
    known = {road.code for road in drawn.roads}
    for (link, node), out in listed.items():
        for road in leaving.get(node, []):
            if link in known and road.code not in out and road.code != link:
                drawn.turns.append(Turn(f"M{len(drawn.turns) + 1}", link, node, road.code))


def write(network: RoadNetwork, folder: Path) -> list[Path]:
    """The network as GMNS, each direction a directed link ("+" or "-" behind the road's code), connectors included; movements for
    links into nodes with a banned turn. Coordinates in the network's CRS, lengths in km, speeds in km/h, vdf_fftt in min."""
    nodes, links = network.nodes, network.links
    zone = {int(node): str(code) for node, code in zip(network.zones.node, network.zones.code, strict=True)}
    made = zone if network.zones.layer != "road_node" else {}
    names = [nodes.code[i] if i not in made else f"zone-{zone[i]}" for i in range(len(nodes))]
    ids = link_ids(network)
    node_rows = (
        {
            "node_id": names[i], "x_coord": f"{nodes.x[i]:.3f}",
            "y_coord": f"{nodes.y[i]:.3f}", "node_type": CENTROID if i in made else nodes.kind[i],
            "ctrl_type": "signal" if nodes.kind[i] == "signal" else "", "zone_id": zone.get(i, ""),
        }
        for i in range(len(nodes))
    )  # fmt: skip
    link_rows = (
        {
            "link_id": ids[i], "name": links.name[i] or "", "from_node_id": names[links.tail[i]], "to_node_id": names[links.head[i]],
            "directed": "true", "geometry": "" if links.shape[i] is None else shapely.to_wkt(links.shape[i], rounding_precision=3),
            "dir_flag": 0 if links.shape[i] is None else 1, "length": repr(float(links.length[i] / 1000.0)),
            "facility_type": links.road_class[i], "capacity": _per_lane(network, i),
            "free_speed": repr(float(links.free_speed[i])), "vdf_function": links.function[i],
            "vdf_alpha": repr(float(links.alpha[i])), "vdf_beta": repr(float(links.power[i])),
            "vdf_fftt": repr(float(links.free_time[i] / 60.0)),
            "lanes": "" if np.isnan(links.lanes[i]) else int(links.lanes[i]), "toll": links.toll[i],
        }
        for i in range(len(links))
    )  # fmt: skip
    written = [
        _table(folder / "node.csv", ("node_id", "x_coord", "y_coord", "node_type", "ctrl_type", "zone_id"), node_rows),
        _table(folder / "link.csv", ("link_id", "name", "from_node_id", "to_node_id", "directed", "geometry", "dir_flag",
               "length", "facility_type", "capacity", "free_speed", "lanes", "toll", "vdf_function", "vdf_alpha", "vdf_beta",
               "vdf_fftt"), link_rows),
        _table(folder / "movement.csv", MOVEMENT, _allowed(network, ids, names)),
    ]  # fmt: skip
    config = {
        "dataset_name": "network",
        "short_length": "m",
        "long_length": "km",
        "speed": "kph",
        "crs": f"EPSG:{network.srid}",
    }
    return [*written, _table(folder / "config.csv", tuple(config), [config])]


def link_ids(network: RoadNetwork) -> list[str]:
    """An id for every directed link: the road's code with "+" along and "-" against the line; connectors by their ends."""
    links = network.links
    found = []
    for i in range(len(links)):
        if links.road_class[i] == CONNECTOR and links.shape[i] is None:
            found.append(
                f"{links.code[i]}>{links.head[i]}" if links.forward[i] else f"{links.tail[i]}>{links.code[i]}"
            )
        else:
            found.append(f"{links.code[i]}{'+' if links.forward[i] else '-'}")
    return found


def _per_lane(network: RoadNetwork, i: int) -> str:
    capacity, lanes = network.links.capacity[i], network.links.lanes[i]
    return repr(float(capacity / max(lanes, 1))) if np.isfinite(capacity) and np.isfinite(lanes) else ""


def _allowed(network: RoadNetwork, ids: list[str], names: list[str]) -> Iterator[dict[str, Any]]:
    """The movements of links with a banned turn; where every turn is banned, these, at a capacity of 0."""
    links = network.links
    banned = set(zip(network.banned_from.tolist(), network.banned_to.tolist(), strict=True))
    leaving: dict[int, list[int]] = {}
    for i in range(len(links)):
        leaving.setdefault(int(links.tail[i]), []).append(i)
    number = 0
    for start in sorted({a for a, _ in banned}):
        exits = [end for end in leaving.get(int(links.head[start]), []) if links.shape[end] is not None]
        fit = [end for end in exits if (start, end) not in banned]
        for end in fit or exits:
            number += 1
            yield {"mvmt_id": number, "node_id": names[links.head[start]], "ib_link_id": ids[start],
                   "ob_link_id": ids[end], "type": _movement(network, start, end), "penalty": 0,
                   "capacity": None if fit else 0}  # fmt: skip


def _movement(network: RoadNetwork, start: int, end: int) -> str:
    links = network.links
    if links.head[end] == links.tail[start]:
        return "uturn"
    angle = float(turned(links.shape[[start]], links.shape[[end]])[0])
    return "left" if angle > 45.0 else "right" if angle < -45.0 else "thru"


def _table(path: Path, names: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows({key: "" if value is None else value for key, value in row.items()} for row in rows)
    return path
