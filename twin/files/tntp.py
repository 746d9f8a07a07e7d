"""Networks and trip tables of the TransportationNetworks collection (TNTP): ``*_net.tntp`` and ``*_trips.tntp``.

The files name their units in their readmes only: times, lengths and tolls come out as they stand there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.network import Delay, Network
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_TAG = re.compile(r"<([^>]+)>\s*([^\s~]*)")
_PAIR = re.compile(r"(\d+)\s*:\s*([-+\d.eE]+)\s*;?")
COLUMNS = 10


@dataclass(frozen=True, slots=True)
class TripTable:
    """Pairs of zones as nodes from 0, veh/h; pairs within a zone are in ``inside`` (veh/h) alone."""

    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    trips: NDArray[np.float64]
    inside: float


def read_network(path: Path) -> Network:
    """The directed links of a net file: nodes from 0, zones first, paths through nodes from <FIRST THRU NODE> on.

    Zero times, powers below 1 and parallel links stay as they are. Raises TWIN-232 for a file that is none or not whole.
    """
    tags, body = _parts(path)
    try:
        rows = [
            line.split(";")[0].split() for line in body if line.strip() and not line.lstrip().startswith("~")
        ]
        table = np.array([row[:COLUMNS] for row in rows], np.float64).reshape(-1, COLUMNS)
        nodes, zones = int(tags["NUMBER OF NODES"]), int(tags["NUMBER OF ZONES"])
        first, links = int(tags.get("FIRST THRU NODE", "1")), int(tags["NUMBER OF LINKS"])
    except (KeyError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__} {error}") from error
    if len(table) != links:
        raise _damaged(path, f"{len(table)} links, {links} announced")
    ends = table[:, :2].astype(np.int32) - 1
    if links and not (ends.min() >= 0 and ends.max() < nodes):
        raise _damaged(path, f"a node beyond 1 to {nodes}")
    none = np.empty(0, np.int32)
    return Network(
        nodes=nodes, zones=zones, first_through=first - 1, tail=ends[:, 0].copy(), head=ends[:, 1].copy(),
        length=table[:, 3].copy(), free_time=table[:, 4].copy(), capacity=table[:, 2].copy(), alpha=table[:, 5].copy(),
        power=table[:, 6].copy(), function=np.full(links, Delay.BPR, np.int8), toll=table[:, 8].copy(),
        turn_from=none, turn_to=none, turn_time=np.empty(0),
    )  # fmt: skip


def read_trips(path: Path) -> TripTable:
    """The trips of a trips file. Raises TWIN-232 for a file that is none or not whole."""
    table = np.array(read_pairs(path), np.float64).reshape(-1, 3)
    ends = table[:, :2].astype(np.int32) - 1
    within = ends[:, 0] == ends[:, 1]
    goes = ~within & (table[:, 2] != 0)
    return TripTable(ends[goes, 0], ends[goes, 1], table[goes, 2], float(table[within, 2].sum()))


def read_pairs(path: Path, zones: int | None = None) -> list[tuple[int, int, float]]:
    """Origin and destination (from 1) and trips of every pair in a trips file, in its order; a pair told twice counts for both.

    Raises TWIN-232 for a file that is none or not whole, or (given ``zones``) that is of another number of zones.
    """
    tags, body = _parts(path)
    origins: list[int] = []
    pairs: list[tuple[int, int, float]] = []
    try:
        told = int(tags["NUMBER OF ZONES"])
        for line in body:
            words = line.split()
            if words and words[0].lower() == "origin":
                origins.append(int(words[1]))
            elif words and origins:
                pairs += [(origins[-1], int(to), float(trips)) for to, trips in _PAIR.findall(line)]
    except (KeyError, ValueError, IndexError) as error:
        raise _damaged(path, f"{type(error).__name__} {error}") from error
    if zones is not None and told != zones:
        raise _damaged(path, f"{told} zones, the network has {zones}")
    if not all(1 <= end <= told for pair in pairs for end in pair[:2]):
        raise _damaged(path, f"a zone beyond 1 to {told}")
    return pairs


def _parts(path: Path) -> tuple[dict[str, str], list[str]]:
    """The metadata and the lines behind them."""
    try:
        lines = path.read_text(encoding="utf-8", errors="strict").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    end = next((n for n, line in enumerate(lines) if "END OF METADATA" in line.upper()), None)
    if end is None:
        raise _damaged(path, "no <END OF METADATA>")
    found = (_TAG.match(line.strip()) for line in lines[:end])
    return {tag[1].strip().upper(): tag[2] for tag in found if tag}, lines[end + 1 :]


def _damaged(path: Path, reason: str) -> Exception:
    return refusal("TWIN-232", format="TNTP", reason=f"{path.name}: {reason}"[:300])
