"""The network of a run: surveyed in the layers and mended, or a SWMM input file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.surface import extent
from twin.engines.sewers import SewerInputError
from twin.processes.flood.edits import PipeEdit
from twin.processes.flood.sewers.imported import Source, read_file
from twin.processes.flood.sewers.mouths import level_at
from twin.processes.flood.sewers.repair import COUNTED, mend
from twin.processes.flood.sewers.survey import Pipe, Place, read_pipes, read_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.processes.context import Box, RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs
    from twin.processes.flood.sewers.asked import Sewerage

FAR_OFF_M = 5.0  # rims this far off the terrain in the median: units or datum are wrong


def source(inputs: FloodInputs, ground: Ground, run: RunContext) -> Source:
    """The network that the run asks for.

    Raises `SewerInputError` (TWIN-512) for one that cannot be computed.
    """
    asked = inputs.sewers
    made = _layers(inputs, ground, run) if asked.inp is None else read_file(asked.inp)
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
    _led_out(pipes, places, area, report)
    network, places, mended = mend(
        pipes, places, lambda x, y: level_at(ground, x, y), _stage(inputs.sewers, places)
    )
    if not network.conduits and not network.pumps:
        raise SewerInputError(
            "outfall", f"计算范围内的 {len(pipes)} 条管段都不通向排放口、泵站或范围之外；请补全图层或扩大范围。",
            f"none of the {len(pipes)} pipes of the area leads to an outfall, a pump station or out of it; complete the layers "
            "or take a larger area.",
        )  # fmt: skip
    shapes = dict(zip([str(code) for code in rows.columns["code"]], rows.shapes, strict=True))
    return Source(
        network, places, tuple((c.start, c.end, c.length) for c in network.conduits), shapes,
        {c.name: c.height or c.diameter for c in network.conduits}, report + mended,
    )  # fmt: skip


def _led_out(pipes: list[Pipe], places: dict[str, Place], area: Box, report: Counter[str]) -> None:
    """Where a pipe leads out of the area its lower end, whose node was not read, is a free outfall."""
    west, south, east, north = area
    for pipe in pipes:
        end, (x, y) = pipe.ends[1], pipe.places[1]
        if end not in places and not (west <= x <= east and south <= y <= north):
            places[end] = Place(x, y, invert=pipe.inverts[1], outfall=True)
            report["outfall_at_the_rim"] += 1


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
