"""Where outfalls end: outside the computed area, or on its ground, where their water goes on over the surface."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.engines.flood import Outlet
from twin.engines.sewers import Inp, Network, SewerInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.processes.flood.sewers.mouths import Mouths
    from twin.processes.flood.sewers.survey import Place

BURIED_M = 0.1  # an outfall this far below the ground that it ends on lets no water back in
OPEN_ENDS = ("FREE", "NORMAL")  # of a file: the others have a level of their own


@dataclass(frozen=True, slots=True)
class Ends:
    """The network with its outfalls on the surface, and the cells where those end."""

    network: Network | Inp
    outlets: tuple[Outlet, ...] = ()


def on_the_surface(
    network: Network | Inp, places: Mapping[str, Place], mouths: Mouths, own: set[str], metre: float
) -> Ends:
    """Outfalls that lie on open ground, but for those that have a level of their own (``own``).

    Each ends in the lowest open cell within reach. Where that ground stands above its bottom (a ditch that the grid
    misses) water comes out as soon as it stands above the ground, and none runs back in. ``metre`` is the length of a
    file's unit of length.
    Raises `SewerInputError` (TWIN-512) where none of them lies on open ground.
    """
    report = mouths.report
    ends = _ends(network, metre)
    outlets: list[Outlet] = []
    gated: list[str] = []
    for name, place in places.items():
        node = f"{name} ~" if f"{name} ~" in ends else name
        if not place.outfall or name in own or node not in ends:
            continue
        cell = mouths.lowest(place)
        if cell is None:
            continue
        outlets.append(Outlet(node, *cell))
        if float(mouths.z[cell]) > ends[node] + BURIED_M:
            gated.append(node)
    if not outlets:
        raise SewerInputError(
            "sewers.outfalls", "没有排放口位于计算范围内的开敞地面；请核对坐标，或改为排出范围。",
            "no outfall lies on open ground of the area; check coordinates, or let them leave the area.",
        )  # fmt: skip
    report["outfall_on_the_surface"] = len(outlets)
    report["outfall_below_the_ground"] = len(gated)
    return Ends(_opened(network, [one.node for one in outlets], gated), tuple(outlets))


def _ends(network: Network | Inp, metre: float) -> dict[str, float]:
    """Bottom (m) of each outfall that a link ends at and that may end on the surface."""
    if isinstance(network, Network):
        return {outfall.name: outfall.invert for outfall in network.outfalls}
    linked: set[str] = set()
    for section in ("CONDUITS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS"):
        for words in map(str.split, network.section(section)):
            linked.update(words[1:3])
    rows = [line.split() for line in network.section("OUTFALLS")]
    return {
        words[0]: metre * float(words[1])
        for words in rows
        if len(words) > 2 and words[0] in linked and words[2].upper() in OPEN_ENDS
    }


def _opened(network: Network | Inp, nodes: Sequence[str], gated: Sequence[str]) -> Network | Inp:
    """The network whose outfalls take the surface's level, those named in ``gated`` behind a flap."""
    if isinstance(network, Network):
        return replace(
            network,
            outfalls=tuple(
                replace(one, stage=None, gate=one.gate or one.name in gated) if one.name in nodes else one
                for one in network.outfalls
            ),
        )
    out = Inp({name: list(lines) for name, lines in network.sections.items()})
    lines = out.section("OUTFALLS")
    lines[:] = [_gate(line) if line.split()[0] in gated else line for line in lines]
    return out


def _gate(line: str) -> str:
    return " ".join([*line.split()[:3], "YES"])
