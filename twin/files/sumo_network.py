"""The road network for SUMO: plain node, edge and connection files, which ``netconvert`` makes a network of, and its zones (TAZ).

Formats: SUMO's "plain XML" (nod, edg, con) and "districts" (taz) of its 1.x documentation.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely

from twin.city.road_network import CONNECTOR
from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork

# Who gives way to whom where neither signs nor signals tell: the higher class goes first.
PRIORITY = {
    "motorway": 14, "expressway": 13, "ramp": 11, "arterial": 10, "highway": 9, "secondary": 8, "local": 5,
    "rural": 4, "service": 2,
}  # fmt: skip
NODE_TYPES = {"signal": "traffic_light", "junction": "priority", "interchange": "priority"}
MOTORS_ONLY = ("motorway", "expressway", "ramp")
JOIN_M = 10.0  # junctions nearer than this are one to SUMO: see ``road_network_merge``
TIMEOUT_S = 600.0
SHORTEST_M = 0.1  # netconvert drops shorter edges
_UNFIT = re.compile(r"[\s|\\'\";,:!?<>&*#]")


@dataclass(frozen=True, slots=True)
class Plain:
    """The files written, and what their edges and nodes are: ``edges`` edge id to position in the links, ``nodes`` node id to position
    in the nodes, ``zones`` TAZ id to position in the zones."""

    nod: Path
    edg: Path
    con: Path
    taz: Path
    edges: Mapping[str, int]
    nodes: Mapping[str, int]
    zones: Mapping[str, int]

    @property
    def arguments(self) -> list[str]:
        """What ``netconvert`` is told beside its output: the files, and how to make of them what the city says."""
        files = ["-n", str(self.nod), "-e", str(self.edg), "-x", str(self.con)]
        return [*files, "--no-turnarounds.except-deadend", "true", "--geometry.min-radius", "0"]


def write_plain(network: RoadNetwork, folder: Path, stem: str = "network") -> Plain:
    """Write the network's roads (connectors become the zones' sources and sinks) to ``folder``.

    Edge ids are the road codes, with a minus before them against the line as drawn.
    """
    roads = np.nonzero(network.links.road_class != CONNECTOR)[0]
    used = np.unique(np.concatenate([network.links.tail[roads], network.links.head[roads]]))
    node_ids = dict(zip(used.tolist(), _ids(network.nodes.code[used]), strict=True))
    edge_ids = _edge_ids(network, roads)
    zone_ids = _ids(network.zones.code)
    paths = {kind: folder / f"{stem}.{kind}.xml" for kind in ("nod", "edg", "con", "taz")}
    for kind, lines in (
        ("nod", _nodes(network, node_ids)),
        ("edg", _edges(network, node_ids, edge_ids)),
        ("con", _connections(network, edge_ids)),
        ("taz", _zones(network, edge_ids, zone_ids)),
    ):
        with paths[kind].open("w", encoding="utf-8") as file:
            file.writelines(lines)
    return Plain(
        paths["nod"], paths["edg"], paths["con"], paths["taz"],
        edges={name: i for i, name in edge_ids.items()},
        nodes={name: i for i, name in node_ids.items()},
        zones={name: i for i, name in enumerate(zone_ids)},
    )  # fmt: skip


def _ids(codes: Iterable[str]) -> list[str]:
    """Codes as SUMO takes them for ids, no two alike."""
    seen: set[str] = set()
    found = []
    for code in codes:
        name = base = _UNFIT.sub("_", str(code)).lstrip("-") or "_"
        number = 1
        while name in seen:
            number += 1
            name = f"{base}.{number}"
        seen.add(name)
        found.append(name)
    return found


def _edge_ids(network: RoadNetwork, roads: NDArray[np.intp]) -> dict[int, str]:
    links = network.links
    codes = list(dict.fromkeys(links.code[roads]))
    names = dict(zip(codes, _ids(codes), strict=True))
    return {int(i): ("" if links.forward[i] else "-") + names[links.code[i]] for i in roads}


def _tag(name: str, indent: int = 1, close: bool = True, /, **attributes: object) -> str:
    words = "".join(f" {key.rstrip('_')}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"{'    ' * indent}<{name}{words}{'/' if close else ''}>\n"


def _file(root: str, lines: Iterable[str]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<{root}>\n"
    yield from lines
    yield f"</{root}>\n"


def _nodes(network: RoadNetwork, ids: Mapping[int, str]) -> Iterator[str]:
    nodes = network.nodes
    return _file(
        "nodes",
        (
            _tag("node", id=name, x=f"{nodes.x[i]:.3f}", y=f"{nodes.y[i]:.3f}",
                 type=NODE_TYPES.get(str(nodes.kind[i]), "priority"))
            for i, name in ids.items()
        ),
    )  # fmt: skip


def _edges(network: RoadNetwork, nodes: Mapping[int, str], ids: Mapping[int, str]) -> Iterator[str]:
    links = network.links
    back = set(links.code[~links.forward])
    two_way = back & set(links.code[links.forward])

    def edge(i: int, name: str) -> str:
        kind = str(links.road_class[i])
        own: dict[str, object] = {
            "id": name, "from_": nodes[int(links.tail[i])], "to": nodes[int(links.head[i])],
            "priority": PRIORITY.get(kind, 5), "type": kind, "numLanes": int(max(np.nan_to_num(links.lanes[i], nan=1), 1)),
            "speed": f"{links.free_speed[i] / 3.6:.3f}", "length": f"{max(links.length[i], SHORTEST_M):.3f}",
            "spreadType": "right" if links.code[i] in two_way else "center",
        }  # fmt: skip
        if links.name[i]:
            own["name"] = links.name[i]
        if kind in MOTORS_ONLY:
            own["disallow"] = "pedestrian bicycle"
        if links.shape[i] is not None and shapely.get_num_points(links.shape[i]) > 2:
            own["shape"] = " ".join(f"{x:.3f},{y:.3f}" for x, y in shapely.get_coordinates(links.shape[i]))
        return _tag("edge", **own)

    return _file("edges", (edge(i, name) for i, name in ids.items()))


def _connections(network: RoadNetwork, ids: Mapping[int, str]) -> Iterator[str]:
    pairs = zip(network.banned_from.tolist(), network.banned_to.tolist(), strict=True)
    return _file(
        "connections",
        (_tag("delete", from_=ids[a], to=ids[b]) for a, b in pairs if a in ids and b in ids),
    )


def _zones(network: RoadNetwork, ids: Mapping[int, str], zones: list[str]) -> Iterator[str]:
    """Trips begin on the roads that leave the nodes which a zone is joined to, and end on those that lead there."""
    links = network.links
    leaving: dict[int, list[int]] = {}
    arriving: dict[int, list[int]] = {}
    for i in ids:
        leaving.setdefault(int(links.tail[i]), []).append(i)
        arriving.setdefault(int(links.head[i]), []).append(i)
    joined = np.nonzero(links.road_class == CONNECTOR)[0]
    out: dict[int, list[int]] = {}
    centroids = set(network.zones.node.tolist())
    for i in joined:
        if int(links.tail[i]) in centroids:
            out.setdefault(int(links.tail[i]), []).append(int(links.head[i]))

    def zone(number: int, name: str) -> Iterator[str]:
        node = int(network.zones.node[number])
        at = [node, *out.get(node, [])]
        begins = dict.fromkeys(i for node in at for i in leaving.get(node, []))
        ends = dict.fromkeys(i for node in at for i in arriving.get(node, []))
        if begins and ends:
            yield _tag("taz", 1, False, id=name)
            yield from (_tag("tazSource", 2, id=ids[i], weight=1) for i in begins)
            yield from (_tag("tazSink", 2, id=ids[i], weight=1) for i in ends)
            yield "    </taz>\n"

    return _file("additional", (line for n, name in enumerate(zones) for line in zone(n, name)))


def sumo_home() -> Path:
    """Where the programs of ``eclipse-sumo`` are. Raises TWIN-722 where they are not installed."""
    found = importlib.util.find_spec("sumo")
    places = list(found.submodule_search_locations or ()) if found else []
    for place in (*places, os.environ.get("SUMO_HOME", "")):
        if place and (Path(place) / "bin" / "netconvert").exists():
            return Path(place)
    raise TwinError(
        "TWIN-722",
        "没有安装 SUMO；请安装可选组件：pip install city-twin[simulation]。",
        "SUMO is not installed; install the extra: pip install city-twin[simulation].",
        status=501,
        where="sumo",
    )


def build(plain: Plain, target: Path) -> tuple[str, ...]:
    """Make a SUMO network of the plain files with ``netconvert``; returns what it warned of.

    Raises TWIN-722 without SUMO, TWIN-723 where netconvert refuses the files.
    """
    home = sumo_home()
    done = subprocess.run(
        [str(home / "bin" / "netconvert"), *plain.arguments, "-o", str(target)],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        env={"SUMO_HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode != 0 or not target.exists():
        raise TwinError(
            "TWIN-723",
            f"netconvert 未能生成路网：{' '.join(said)[-500:]}",
            f"netconvert made no network: {' '.join(said)[-500:]}",
            status=500,
            where="netconvert",
        )
    return tuple(line for line in said if "Warning" in line)
