"""A TNTP network with its nodes and trips, drawn for the city's layers: what the files leave unsaid is asked for.

Of the city's side: zones become nodes that name a zone (those that no path passes through, centroids), links keep their own
length, free time, capacity, delay function and toll.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.road_network import CENTROID, CONNECTOR
from twin.files import tntp
from twin.files.drawn import Drawn, Node, Road, Trip
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from twin.engines.traffic.network import Network

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
METRES = {"m": 1.0, "km": 1000.0, "ft": 0.3048, "mile": 1609.344}
PARTS = ("net", "node", "trips")  # members of an archive that holds the files of one network
MARK = b"<END OF METADATA>"
ROAD = "local"  # TNTP tells no class; what a class gives stands in the file
SHOWN = 20


def parts(archive: Path) -> bool:
    """Whether a zip holds the files of a TNTP network as ``import_roads`` packs them."""
    with zipfile.ZipFile(archive) as packed:
        return "net.tntp" in packed.namelist()


def unpacked(archive: Path, work: Path, limit: int) -> dict[str, Path]:
    """The files of an archive by part, written to ``work``. Raises TWIN-236 (too large)."""
    found = {}
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            part = PurePosixPath(member.filename).stem
            if part not in PARTS:
                continue
            if member.file_size > limit:
                raise refusal("TWIN-236", what_zh=part, what_en=part, size=member.file_size, limit=limit)
            found[part] = work / f"{part}.tntp"
            found[part].write_bytes(packed.read(member))
    return found


def read(files: Mapping[str, Path], said: Mapping[str, Any]) -> Drawn:
    """The network of ``files`` (net, node and perhaps trips). ``said``: ``time_unit`` (a key of SECONDS) and ``length_unit`` (of
    METRES) of the files, ``period`` and ``class`` of the trips.

    Raises TWIN-232 (damaged), TWIN-692 (no coordinates), TWIN-693 (units not said), TWIN-694 (nodes without
    coordinates), TWIN-695 (links between nodes at one place).
    """
    net = tntp.read_network(files["net"])
    if said.get("time_unit") not in SECONDS or said.get("length_unit") not in METRES:
        raise refusal("TWIN-693", where="time_unit, length_unit")
    if "node" not in files:
        raise refusal("TWIN-692", where="nodes")
    place = _places(files["node"], net.nodes)
    drawn = Drawn()
    for n, (x, y) in enumerate(place):
        code = str(n + 1)
        kind = CENTROID if n < net.first_through else None
        drawn.nodes.append(Node(code, x, y, kind=kind, zone=code if n < net.zones else None))
    _roads(net, place, SECONDS[said["time_unit"]], METRES[said["length_unit"]], drawn)
    drawn.kinds()
    if "trips" in files:
        drawn.trips = _trips(files["trips"], net.zones, str(said["period"]), str(said["class"]))
    return drawn


def _places(path: Path, nodes: int) -> list[tuple[float, float]]:
    """Coordinates of the nodes 1 to ``nodes``: the first three numbers of each line are node, x and y."""
    found: dict[int, tuple[float, float]] = {}
    try:
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            words = re.split(r"[\s,;]+", line.strip(" \t;"))
            if len(words) >= 3 and words[0].isdigit():
                found[int(words[0])] = (float(words[1]), float(words[2]))
    except (ValueError, UnicodeDecodeError) as error:
        raise refusal("TWIN-232", format="TNTP", reason=f"node: {error}"[:300]) from error
    missing = [n for n in range(1, nodes + 1) if n not in found or not np.isfinite(found[n]).all()]
    if missing:
        raise refusal("TWIN-694", count=len(missing), nodes=_some(missing))
    return [found[n] for n in range(1, nodes + 1)]


def _roads(
    net: Network, place: Sequence[tuple[float, float]], seconds: float, metres: float, drawn: Drawn
) -> None:
    ends = list(zip(net.tail.tolist(), net.head.tolist(), strict=True))
    together = [f"{a + 1}-{b + 1}" for a, b in ends if a != b and place[a] == place[b]]
    if together:
        raise refusal("TWIN-695", count=len(together), links=_some(together))
    seen: dict[tuple[int, int], int] = {}
    for i, (a, b) in enumerate(ends):
        if a == b:
            drawn.skip("loop")
            continue
        seen[a, b] = seen.get((a, b), 0) + 1
        time, alpha, capacity = float(net.free_time[i]), float(net.alpha[i]), float(net.capacity[i])
        constant = capacity == 0 and (time == 0 or alpha == 0 or net.power[i] == 0)
        drawn.roads.append(
            Road(
                code=f"{a + 1}-{b + 1}" + (f".{seen[a, b]}" if seen[a, b] > 1 else ""),
                from_node=str(a + 1), to_node=str(b + 1),
                road_class=CONNECTOR if _connects(net, a, b, time) else ROAD,
                direction="forward", points=[place[a], place[b]], lanes_backward=0,
                capacity=None if constant else capacity, length=float(net.length[i]) * metres, free_time=time * seconds,
                delay_function="bpr", delay_a=alpha, delay_b=float(net.power[i]), toll=float(net.toll[i]),
            )
        )  # fmt: skip


def _connects(net: Network, a: int, b: int, time: float) -> bool:
    """Links at nodes that no path passes through, and links of zones that take no time."""
    return min(a, b) < net.first_through or (min(a, b) < net.zones and time == 0)


def _trips(path: Path, zones: int, period: str, user_class: str) -> list[Trip]:
    found = []
    for a, b, trips in tntp.read_pairs(path, zones):
        if trips != 0:
            code = f"{period}-{user_class}-{a}-{b}"
            found.append(Trip(code, period, user_class, str(a), str(b), trips))
    return found


def _some(things: Sequence[object]) -> str:
    return ", ".join(str(one) for one in things[:SHOWN]) + (" …" if len(things) > SHOWN else "")
