"""An imported SWMM file as the network of a run: where its parts lie, and the low steps in it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import shapely

from twin.engines.sewers import Inp, Network, SewerInputError
from twin.processes.flood.sewers.repair import STEP_M
from twin.processes.flood.sewers.survey import Place

FOOT = 0.3048
AMERICAN = ("CFS", "GPM", "MGD")  # flow units of files in feet; a file that names none is in CFS
NODES = (("JUNCTIONS", 2), ("STORAGE", 2), ("DIVIDERS", -1))  # and where their depth stands


@dataclass(frozen=True, slots=True)
class Source:
    """A network and where its parts lie (city CRS, m)."""

    network: Network | Inp
    places: dict[str, Place]
    pipes: tuple[tuple[str, str, float], ...]  # start, end, length
    shapes: dict[str, Any]  # pipes' lines
    sizes: dict[str, float]  # height of each pipe
    mended: Counter[str] = field(default_factory=Counter)
    metre: float = 1.0  # length of the network's own unit


def read_file(text: str) -> Source:
    """The network of a file's text, its low steps levelled as in a network of the layers.

    Raises `SewerInputError` (TWIN-512) as `Inp.check`, and for lines that cannot be read.
    """
    inp = Inp.parse(text)
    inp.check()
    metre = FOOT if (inp.option("FLOW_UNITS") or "CFS").upper() in AMERICAN else 1.0
    ground: dict[str, float | None] = {}
    for section, deep in NODES:
        for words in rows(inp, section, 2):
            depth = number(section, words, deep) if 0 < deep < len(words) else 0.0
            ground[words[0]] = metre * (number(section, words, 1) + depth) if depth > 0.0 else None
    outfalls = {words[0] for words in rows(inp, "OUTFALLS", 2)}
    places = {
        words[0]: Place(
            number("COORDINATES", words, 1),
            number("COORDINATES", words, 2),
            ground.get(words[0]),
            outfall=words[0] in outfalls,
        )
        for words in rows(inp, "COORDINATES", 3)
        if words[0] in ground or words[0] in outfalls
    }
    conduits = rows(inp, "CONDUITS", 4)
    pipes = tuple((words[1], words[2], metre * number("CONDUITS", words, 3)) for words in conduits)
    sizes = {
        words[0]: metre * number("XSECTIONS", words, 2)
        for words in rows(inp, "XSECTIONS", 3)
        if _told(words[2])
    }
    mended: Counter[str] = Counter(step_levelled=level_steps(inp, metre))
    return Source(inp, places, pipes, _lines(inp, conduits, places), sizes, mended, metre)


def level_steps(inp: Inp, metre: float) -> int:
    """Lower the lower ends of conduits that stand at most `STEP_M` above their node down to it, in place; how many.

    SWMM makes or loses water at free drops; higher ones are meant, and stay.
    """
    by_level = (inp.option("LINK_OFFSETS") or "DEPTH").upper() == "ELEVATION"
    bottoms = {
        words[0]: number(section, words, 1)
        for section in ("JUNCTIONS", "STORAGE", "DIVIDERS", "OUTFALLS")
        for words in rows(inp, section, 2)
    }
    lines, count = inp.section("CONDUITS"), 0
    for place, words in enumerate(rows(inp, "CONDUITS", 4)):
        if len(words) < 7 or words[6] == "*" or words[2] not in bottoms:
            continue
        base = bottoms[words[2]] if by_level else 0.0
        if 0.0 < metre * (number("CONDUITS", words, 6) - base) <= STEP_M + 1e-6:
            words[6] = "*" if by_level else "0"
            lines[place] = " ".join(words)
            count += 1
    return count


def _lines(inp: Inp, conduits: list[list[str]], places: dict[str, Place]) -> dict[str, Any]:
    """Pipes as lines between their nodes, by their vertices."""
    between: dict[str, list[tuple[float, float]]] = {}
    for words in rows(inp, "VERTICES", 3):
        spot = (number("VERTICES", words, 1), number("VERTICES", words, 2))
        between.setdefault(words[0], []).append(spot)
    shapes = {}
    for name, start, end, *_ in conduits:
        if start in places and end in places:
            a, b = places[start], places[end]
            shapes[name] = shapely.LineString([(a.x, a.y), *between.get(name, ()), (b.x, b.y)])
    return shapes


def rows(inp: Inp, section: str, least: int) -> list[list[str]]:
    """The words of a section's lines.

    Raises `SewerInputError` for a line of fewer than ``least`` words.
    """
    out = [line.split() for line in inp.section(section)]
    for words in out:
        if len(words) < least:
            raise SewerInputError(
                f"[{section}] {words[0]}", f"该行应至少有 {least} 项；请补全。",
                f"its line needs {least} words at least; complete it.",
            )  # fmt: skip
    return out


def number(section: str, words: list[str], place: int) -> float:
    """A number of a line.

    Raises `SewerInputError` where the word is none.
    """
    try:
        value = float(words[place])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SewerInputError(
            f"[{section}] {words[0]}", f"第 {place + 1} 项“{words[place][:40]}”不是数；请改正。",
            f'word {place + 1}, "{words[place][:40]}", is no number; mend it.',
        )  # fmt: skip
    return value


def _told(word: str) -> bool:
    try:
        return float(word) > 0.0
    except ValueError:
        return False
