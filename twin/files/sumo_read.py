"""Roads of a SUMO network file (net.xml, as netconvert writes it)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from twin.files.drawn import Drawn, Node, Road, Turn
from twin.files.osm import CLASSES
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from pathlib import Path

OWN = ("motorway", "expressway", "arterial", "secondary", "local", "highway", "ramp", "service", "rural")
SIGNALS = ("traffic_light", "traffic_light_unregulated", "traffic_light_right_on_red")
# Who drives: a lane for none of these is a footway, a cycle track or a railway.
MOTORS = ("passenger", "private", "all", "taxi", "bus", "delivery", "truck")
CHUNK = 1 << 20


def read(path: Path) -> Drawn:
    """The road network; longitude and latitude where the file has a projection, else its own metres."""
    refuse_entities(path)
    drawn = Drawn()
    allowed: dict[str, set[str]] = {}
    offset, projection = (0.0, 0.0), "!"
    try:
        for _, element in ET.iterparse(path, events=("end",)):  # noqa: S314 - no entities, see above
            if element.tag == "location":
                offset, projection = _location(element)
            elif element.tag == "edge" and element.get("function", "normal") == "normal":
                _edge(element, drawn)
            elif element.tag == "junction" and element.get("type") != "internal":
                _junction(element, drawn)
            elif element.tag == "connection" and not str(element.get("from")).startswith(":"):
                allowed.setdefault(str(element.get("from")), set()).add(str(element.get("to")))
            else:
                continue
            element.clear()
    except (ET.ParseError, ValueError, TypeError) as error:
        raise refusal("TWIN-232", format="SUMO net.xml", reason=str(error)[:200]) from error
    _placed(drawn, offset, projection)
    _bans(drawn, allowed)
    return drawn


def refuse_entities(path: Path) -> None:
    """Refuse (TWIN-232) a document type or entities, which make small files large, and encodings that could hide them."""
    last = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            text = last + chunk
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"\0" in text:
                raise refusal("TWIN-232", format="XML", reason="DOCTYPE, ENTITY, UTF-16")
            last = chunk[-16:]


def _location(element: Any) -> tuple[tuple[float, float], str]:
    x, y = (float(part) for part in str(element.get("netOffset", "0,0")).split(","))
    return (x, y), str(element.get("projParameter", "!"))


def _points(text: str | None) -> list[tuple[float, float]]:
    pairs = [part.split(",") for part in (text or "").split()]
    return [(float(pair[0]), float(pair[1])) for pair in pairs]


def _edge(element: Any, drawn: Drawn) -> None:
    lanes = [lane for lane in element.iter("lane") if _motors(lane)]
    start, end = element.get("from"), element.get("to")
    if not lanes:
        drawn.skip("footway")
        return
    if start == end:
        drawn.skip("loop")
        return
    kind = str(element.get("type", "")).split(".")[-1]
    name = element.get("name")
    drawn.roads.append(
        Road(
            code=str(element.get("id")),
            from_node=str(start),
            to_node=str(end),
            road_class=kind if kind in OWN else CLASSES.get(kind, "local"),
            direction="forward",
            points=_points(element.get("shape")) or _points(lanes[-1].get("shape")),
            name=name[:200] if name else None,
            lanes=min(len(lanes), 20),
            lanes_backward=0,
            free_speed=round(min(max(3.6 * float(lanes[0].get("speed")), 1.0), 200.0), 2),
        )
    )


def _motors(lane: Any) -> bool:
    allow, disallow = str(lane.get("allow", "")).split(), str(lane.get("disallow", "")).split()
    if allow:
        return any(one in MOTORS for one in allow)
    return "all" not in disallow and not ("passenger" in disallow and "bus" in disallow)


def _junction(element: Any, drawn: Drawn) -> None:
    kind = "signal" if element.get("type") in SIGNALS else None
    drawn.nodes.append(
        Node(str(element.get("id")), float(element.get("x")), float(element.get("y")), kind=kind)
    )


def _placed(drawn: Drawn, offset: tuple[float, float], projection: str) -> None:
    """Roads end at their nodes, in the file's projection taken back; nodes without roads go."""
    place = {node.code: (node.x, node.y) for node in drawn.nodes}
    drawn.roads = [road for road in drawn.roads if road.from_node in place and road.to_node in place]
    used = {end for road in drawn.roads for end in (road.from_node, road.to_node)}
    drawn.nodes = [node for node in drawn.nodes if node.code in used]
    for road in drawn.roads:
        inner = [] if len(road.points) < 3 else list(road.points)[1:-1]
        road.points = [place[road.from_node], *inner, place[road.to_node]]
    drawn.kinds()
    move = _back(offset, projection)
    for node in drawn.nodes:
        node.x, node.y = move(node.x, node.y)
    for road in drawn.roads:
        road.points = [move(x, y) for x, y in road.points]
    drawn.crs = None if projection in ("!", "-", ".") else "EPSG:4326"


def _back(offset: tuple[float, float], projection: str) -> Any:
    if projection in ("!", "-", "."):
        return lambda x, y: (x - offset[0], y - offset[1])
    from pyproj import Proj

    inverse = Proj(projection)
    return lambda x, y: inverse(x - offset[0], y - offset[1], inverse=True)


def _bans(drawn: Drawn, allowed: dict[str, set[str]]) -> None:
    """Turns without a connection are banned; U-turns are left to the model."""
    leaving: dict[str, list[Road]] = {}
    for road in drawn.roads:
        leaving.setdefault(road.from_node, []).append(road)
    for road in drawn.roads:
        for target in leaving.get(road.to_node, []):
            if target.to_node != road.from_node and target.code not in allowed.get(road.code, set()):
                drawn.turns.append(Turn(f"B{len(drawn.turns) + 1}", road.code, road.to_node, target.code))
