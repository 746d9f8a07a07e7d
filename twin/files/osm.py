"""Roads of an OpenStreetMap extract (PBF or XML): ways that motor vehicles use, cut where they meet, with turn restrictions.

Tags as the OpenStreetMap wiki documents them: highway, oneway, junction, lanes, maxspeed, bridge, tunnel, access,
highway=traffic_signals, and relations of type=restriction with a node between two ways.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, hypot, radians
from typing import TYPE_CHECKING, Any

from twin.files.drawn import Drawn, Node, Road, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CLASSES = {
    "motorway": "motorway", "trunk": "expressway", "primary": "arterial", "secondary": "secondary", "tertiary": "local",
    "unclassified": "local", "residential": "local", "living_street": "local", "road": "local", "service": "service",
    "track": "rural", "busway": "service",
} | dict.fromkeys(("motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"), "ramp")  # fmt: skip
CLOSED = ("no", "private", "agricultural", "forestry")
SIGNAL_NEAR_M = 40.0
KM_H_PER = {"mph": 1.609344, "knots": 1.852}
MAX_CODE = 40


@dataclass(slots=True)
class _Way:
    id: int
    refs: list[int]
    tags: dict[str, str]


@dataclass(slots=True)
class _Extract:
    ways: list[_Way] = field(default_factory=list)
    restrictions: list[tuple[int, str, int, int, int]] = field(
        default_factory=list
    )  # id, kind, from way, via node, to way
    place: dict[int, tuple[float, float]] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)


def read(path: Path, form: str = "osm") -> Drawn:
    """The road network of an extract, ``form`` "osm" (XML) or "pbf"; longitude and latitude. Raises ``RuntimeError`` for a
    file that osmium cannot read."""
    drawn = Drawn(crs="EPSG:4326")
    extract = _load(path, form, drawn)
    cuts = _cuts(extract.ways)
    pieces: dict[int, list[Road]] = {}
    kinds: dict[int, str] = {}
    used: set[int] = set()
    for way in extract.ways:
        pieces[way.id] = list(_pieces(way, cuts, extract, kinds, used, drawn))
        drawn.roads += pieces[way.id]
    for ref in sorted(used):
        tag = kinds.get(ref) or {"traffic_signals": "signal", "mini_roundabout": "roundabout"}.get(
            extract.tags.get(ref, "")
        )
        drawn.nodes.append(Node(f"N{ref}", *extract.place[ref], kind=tag))
    _turns(extract, pieces, drawn)
    drawn.kinds()
    return drawn


def _load(path: Path, form: str, drawn: Drawn) -> _Extract:
    import osmium

    file = osmium.io.File(str(path), form)
    found = _Extract()
    things: Any = osmium.FileProcessor(file, osmium.osm.WAY | osmium.osm.RELATION)
    for thing in things:
        tags = {tag.k: tag.v for tag in thing.tags}
        if thing.is_way():
            if _driven(tags):
                refs = [node.ref for node in thing.nodes]
                found.ways.append(_Way(thing.id, [a for a, b in pairwise([*refs, -1]) if a != b], tags))
        elif tags.get("type") == "restriction":
            _restriction(thing, tags, found, drawn)
    wanted = {ref for way in found.ways for ref in way.refs}
    points: Any = osmium.FileProcessor(osmium.io.File(str(path), form), osmium.osm.NODE)
    for node in points:
        if node.id in wanted:
            found.place[node.id] = (node.location.lon, node.location.lat)
            if "highway" in node.tags:
                found.tags[node.id] = node.tags["highway"]
    return found


def _driven(tags: Mapping[str, str]) -> bool:
    if tags.get("highway") not in CLASSES or tags.get("area") == "yes":
        return False
    access = next(
        (tags[key] for key in ("motorcar", "motor_vehicle", "vehicle", "access") if key in tags), "yes"
    )
    return access not in CLOSED


def _restriction(thing: Any, tags: Mapping[str, str], found: _Extract, drawn: Drawn) -> None:
    rule = tags.get("restriction", "")
    roles: dict[str, list[tuple[str, int]]] = {}
    for member in thing.members:
        roles.setdefault(member.role, []).append((member.type, member.ref))
    one = {role: roles[role][0] for role in ("from", "via", "to") if len(roles.get(role, [])) == 1}
    if not rule.startswith(("no_", "only_")) or len(one) < 3 or one["via"][0] != "n":
        drawn.skip("restriction")
        return
    kind = "ban" if rule.startswith("no_") else "only"
    found.restrictions.append((thing.id, kind, one["from"][1], one["via"][1], one["to"][1]))


def _cuts(ways: list[_Way]) -> set[int]:
    """Nodes where ways end, meet or cross themselves."""
    count = Counter(ref for way in ways for ref in way.refs)
    return {ref for ref, times in count.items() if times > 1} | {
        ref for way in ways for ref in (way.refs[0], way.refs[-1])
    }


def _pieces(
    way: _Way, cuts: set[int], extract: _Extract, kinds: dict[int, str], used: set[int], drawn: Drawn
) -> list[Road]:
    refs = [ref for ref in way.refs if ref in extract.place]
    if len(refs) < len(way.refs):
        drawn.skip("node")  # the extract's border cuts the way
    found: list[Road] = []
    begin = 0
    for k in range(1, len(refs)):
        if refs[k] in cuts or k == len(refs) - 1:
            run = refs[begin : k + 1]
            half = len(run) // 2
            for part in [run[: half + 1], run[half:]] if run[0] == run[-1] and len(run) > 2 else [run]:
                if part[0] == part[-1]:
                    drawn.skip("loop")
                    continue
                found.append(_road(way, len(found), part, extract))
                used.update((part[0], part[-1]))
                _signals(part, extract, kinds)
            begin = k
    return found


def _road(way: _Way, number: int, refs: list[int], extract: _Extract) -> Road:
    tags = way.tags
    direction = _direction(tags)
    ahead, back = _lanes(tags, direction)
    name = tags.get("name") or tags.get("ref")
    return Road(
        code=f"W{way.id}.{number + 1}"[:MAX_CODE],
        from_node=f"N{refs[0]}",
        to_node=f"N{refs[-1]}",
        road_class=CLASSES[tags["highway"]],
        direction=direction,
        points=[extract.place[ref] for ref in refs],
        name=name[:200] if name else None,
        lanes=ahead,
        lanes_backward=back,
        free_speed=speed_km_h(tags.get("maxspeed")),
        bridge=tags.get("bridge", "no") != "no",
        tunnel=tags.get("tunnel", "no") != "no",
    )


def _direction(tags: Mapping[str, str]) -> str:
    one_way = tags.get("oneway", "")
    if one_way in ("yes", "true", "1"):
        return "forward"
    if one_way in ("-1", "reverse"):
        return "backward"
    round_about = tags.get("junction") in ("roundabout", "circular")
    implied = round_about or tags["highway"] in ("motorway", "motorway_link")
    return "forward" if implied and one_way not in ("no", "false", "0") else "both"


def _lanes(tags: Mapping[str, str], direction: str) -> tuple[int | None, int | None]:
    """Lanes along and against the way; a total is shared out, the odd one along it."""
    total, ahead, back = (_count(tags.get(key)) for key in ("lanes", "lanes:forward", "lanes:backward"))
    if direction == "forward":
        return ahead or total, 0
    if direction == "backward":
        return 0, back or total
    if total is not None:
        ahead = ahead if ahead is not None else (total - back if back is not None else (total + 1) // 2)
        back = back if back is not None else total - ahead
    return (max(ahead, 1) if ahead is not None else None, max(back, 1) if back is not None else None)


def _count(text: str | None) -> int | None:
    try:
        number = int(float(text.split(";")[0])) if text else 0
    except ValueError:
        return None
    return number if 0 < number <= 20 else None


def speed_km_h(text: str | None) -> float | None:
    """``maxspeed`` as km/h; None for "none", "walk", a country's default and what cannot be read."""
    parts = (text or "").split(";")[0].split()
    try:
        speed = float(parts[0]) * KM_H_PER.get(parts[1] if len(parts) > 1 else "", 1.0)
    except (ValueError, IndexError):
        return None
    return round(speed, 1) if 1.0 <= speed <= 200.0 else None


def _signals(refs: list[int], extract: _Extract, kinds: dict[int, str]) -> None:
    """Signals drawn at the stop line stand for the junction that the stop line belongs to."""
    for k, ref in enumerate(refs[1:-1], start=1):
        if extract.tags.get(ref) != "traffic_signals":
            continue
        ends = ((refs[0], _metres(refs[: k + 1], extract)), (refs[-1], _metres(refs[k:], extract)))
        end, far = min(ends, key=lambda pair: pair[1])
        if far <= SIGNAL_NEAR_M:
            kinds[end] = "signal"


def _metres(refs: list[int], extract: _Extract) -> float:
    points = [extract.place[ref] for ref in refs]
    east = 111_320.0 * cos(radians(points[0][1]))
    return sum(hypot((b[0] - a[0]) * east, (b[1] - a[1]) * 110_540.0) for a, b in pairwise(points))


def _turns(extract: _Extract, pieces: Mapping[int, list[Road]], drawn: Drawn) -> None:
    known = {node.code for node in drawn.nodes}
    for number, kind, start, via, end in extract.restrictions:
        node = f"N{via}"
        came = [r for r in pieces.get(start, []) if _ends(r, node, arriving=True)]
        went = [r for r in pieces.get(end, []) if _ends(r, node, arriving=False)]
        if len(came) == 1 and len(went) == 1 and node in known:
            drawn.turns.append(Turn(f"R{number}", came[0].code, node, went[0].code, kind))
        else:
            drawn.skip("restriction")


def _ends(road: Road, node: str, *, arriving: bool) -> bool:
    ahead = road.to_node if arriving else road.from_node
    back = road.from_node if arriving else road.to_node
    return (ahead == node and road.direction != "backward") or (back == node and road.direction != "forward")
