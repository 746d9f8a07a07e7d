"""The network of a run: surveyed in the layers and mended, or a SWMM input file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.surface import extent
from twin.engines.sewers import Inp, Network, SewerInputError
from twin.processes.flood.edits import PipeEdit
from twin.processes.flood.sewers.mouths import level_at
from twin.processes.flood.sewers.repair import COUNTED, mend
from twin.processes.flood.sewers.survey import Pipe, Place, read_pipes, read_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs
    from twin.processes.flood.sewers.asked import Sewerage

FOOT = 0.3048
AMERICAN = ("CFS", "GPM", "MGD")  # flow units of files in feet; a file that names none is in CFS
FAR_OFF_M = 5.0  # rims this far off the terrain in the median: units or datum are wrong


@dataclass(frozen=True, slots=True)
class Source:
    """A network and where its parts lie (city CRS, m)."""

    network: Network | Inp
    places: dict[str, Place]
    pipes: tuple[tuple[str, str, float], ...]  # start, end, length
    shapes: dict[str, Any]  # pipes' lines
    sizes: dict[str, float]  # height of each pipe
    mended: Counter[str] = field(default_factory=Counter)


def source(inputs: FloodInputs, ground: Ground, run: RunContext) -> Source:
    """The network that the run asks for.

    Raises `SewerInputError` (TWIN-512) for one that cannot be computed.
    """
    asked = inputs.sewers
    made = _layers(inputs, ground, run) if asked.inp is None else _file(asked.inp)
    _sane(made.places, ground)
    return made


def _layers(inputs: FloodInputs, ground: Ground, run: RunContext) -> Source:
    area = extent(ground.transform, ground.domain.z.shape)
    rows = run.features("drain_pipe", bbox=area)
    report: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    pipes = _edited(read_pipes(rows, report), inputs)
    if not pipes:
        raise SewerInputError(
            "drain_pipe", "计算范围内没有雨水或合流管段；请先导入管网，或不计算管网。",
            "there is no storm or combined pipe in the area; import the network, or compute no sewers.",
        )  # fmt: skip
    manholes, outfalls, stations = (
        run.features(name, bbox=area) for name in ("manhole", "outfall", "pump_station")
    )
    places = read_places(manholes, outfalls, stations, report)
    network, places, mended = mend(
        pipes, places, lambda x, y: level_at(ground, x, y), _stage(inputs.sewers, places)
    )
    shapes = dict(zip([str(code) for code in rows.columns["code"]], rows.shapes, strict=True))
    return Source(
        network, places, tuple((c.start, c.end, c.length) for c in network.conduits), shapes,
        {c.name: c.height or c.diameter for c in network.conduits}, report + mended,
    )  # fmt: skip


def _edited(pipes: list[Pipe], inputs: FloodInputs) -> list[Pipe]:
    edits = {edit.code: edit for edit in inputs.edits if isinstance(edit, PipeEdit)}
    known = {pipe.code for pipe in pipes}
    for code in edits:
        if code not in known:
            raise SewerInputError(
                code, "不是计算范围内在用的雨水或合流管段；请核对编号。",
                "is no storm or combined pipe in use in the area; check its code.",
            )  # fmt: skip
    pipes = [pipe for pipe in pipes if not (pipe.code in edits and edits[pipe.code].closed)]
    for pipe in pipes:
        wider = edits[pipe.code].diameter_mm if pipe.code in edits else None
        if wider is not None:
            pipe.diameter, pipe.height = wider / 1000.0, None
    return pipes


def _stage(asked: Sewerage, places: dict[str, Place]) -> Callable[[str], Any]:
    """The level outside an outfall: its own, else that of all, else none."""
    own = {one.code: one.stage() for one in asked.outfall_levels}
    for code in own:
        if code not in places or not places[code].outfall:
            raise SewerInputError(
                code, "不是计算范围内的排放口；请核对编号。", "is no outfall in the area; check its code."
            )
    every = asked.stage()
    return lambda name: own.get(name, every)


def _file(text: str) -> Source:
    inp = Inp.parse(text)
    inp.check()
    metre = FOOT if (inp.option("FLOW_UNITS") or "CFS").upper() in AMERICAN else 1.0
    ground = {}
    for section, deep in (("JUNCTIONS", 2), ("STORAGE", 2), ("DIVIDERS", -1)):
        for words in map(str.split, inp.section(section)):
            told = (
                float(words[1]) + float(words[2]) if 0 < deep < len(words) and float(words[2]) > 0 else None
            )
            ground[words[0]] = None if told is None else metre * told
    outfalls = {line.split()[0] for line in inp.section("OUTFALLS")}
    places = {}
    for words in map(str.split, inp.section("COORDINATES")):
        if len(words) >= 3 and (words[0] in ground or words[0] in outfalls):
            places[words[0]] = Place(
                float(words[1]), float(words[2]), ground.get(words[0]), outfall=words[0] in outfalls
            )
    pipes, shapes = [], {}
    for words in map(str.split, inp.section("CONDUITS")):
        name, start, end = words[:3]
        pipes.append((start, end, metre * float(words[3])))
        if start in places and end in places:
            a, b = places[start], places[end]
            shapes[name] = shapely.LineString([(a.x, a.y), (b.x, b.y)])
    sizes = {
        words[0]: metre * float(words[2])
        for words in map(str.split, inp.section("XSECTIONS"))
        if _number(words[2])
    }
    return Source(inp, places, tuple(pipes), shapes, sizes)


def _number(word: str) -> bool:
    try:
        return float(word) > 0.0
    except ValueError:
        return False


def _sane(places: dict[str, Place], ground: Ground) -> None:
    """Raises `SewerInputError` where the rims, in the median, lie far off the terrain under them."""
    told = [p for p in places.values() if p.ground is not None and not p.outfall]
    here = level_at(ground, np.array([p.x for p in told]), np.array([p.y for p in told]))
    off = np.array([p.ground for p in told], float) - here
    off = off[np.isfinite(off)]
    if off.size and abs(float(np.median(off))) > FAR_OFF_M:
        far = float(np.median(off))
        raise SewerInputError(
            "ground_elevation",
            f"井口高程的中位数比地形高 {far:.1f} m；请核对单位（应为米）和高程基准。",
            f"rims stand {far:.1f} m above the terrain in the median; check units (metres) and datum.",
        )
