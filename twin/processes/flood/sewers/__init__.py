"""The sewers of a flood run: the network of the layers or of a file, its mouths on the streets, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.surface import extent
from twin.engines.flood import Coefficients, Opening, SewerResult, Sewers
from twin.engines.sewers import Inp, Network, SewerInputError
from twin.processes.flood.edits import PipeEdit
from twin.processes.flood.sewers.asked import Sewerage
from twin.processes.flood.sewers.outputs import SewerOutputs
from twin.processes.flood.sewers.repair import COUNTED, Place, mend, read_pipes, read_places
from twin.store.features import Features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs

__all__ = ["WRITES", "Plan", "SewerOutputs", "Sewerage", "plan", "record", "without_capacity"]
WRITES = ("flood_manhole", "flood_pipe")
REACH_CELLS = 2  # a gully lies at the lowest open cell this near its manhole
GRATE_M2, RIM_M = 0.15, 1.65  # open area and free edge of a gully of 0.75 x 0.45 m at a kerb
COVER_M2 = 0.2  # of a manhole's lid that lifts
MOST_GULLIES = 10
FAR_M = 1.0  # a rim that stands this far off the terrain is told of


@dataclass(frozen=True, slots=True)
class Plan:
    """What is coupled, and where its nodes lie (city CRS)."""

    sewers: Sewers
    places: dict[str, Place]
    shapes: dict[str, Any]  # pipes' lines
    sizes: dict[str, float]  # m, the height of each pipe
    mended: dict[str, int] = field(default_factory=dict)


def without_capacity(inputs: FloodInputs) -> FloodInputs:
    """Inputs whose streets lose nothing to a drainage capacity when the sewers themselves are computed."""
    return inputs if inputs.sewers.source == "none" else inputs.model_copy(update={"drainage_mm_h": 0.0})


def plan(inputs: FloodInputs, ground: Ground, run: RunContext) -> Plan | None:
    """Read the network and lay its mouths on the ground; None where no sewers are asked for.

    Raises `SewerInputError` (TWIN-512) for a network that cannot be computed.
    """
    asked = inputs.sewers
    if asked.source == "none":
        return None
    network, places, shapes, mended = (
        _from_layers(inputs, ground, run) if asked.inp is None else _from_file(asked.inp)
    )
    openings = _openings(asked, ground, network, places, mended)
    if not openings:
        raise SewerInputError(
            "manhole", "计算范围内没有可与地面相通的检查井；请核对坐标和范围。",
            "no manhole lies on open ground of the area; check coordinates and area.",
        )  # fmt: skip
    sewers = Sewers(network, openings, coefficients=Coefficients(orifice=asked.orifice), step_s=asked.step_s)
    sizes = {}
    if isinstance(network, Network):
        sizes = {c.name: c.height or c.diameter for c in network.conduits}
    return Plan(sewers, places, shapes, sizes, dict(mended))


def _stage(asked: Sewerage) -> Any:
    levels = asked.outfall_level_m
    if not levels:
        return None
    if len(levels) == 1:
        return levels[0]
    return 60.0 * np.asarray(asked.outfall_times_min), np.asarray(levels)


def _from_layers(
    inputs: FloodInputs, ground: Ground, run: RunContext
) -> tuple[Network, dict[str, Place], dict[str, Any], Counter[str]]:
    area = extent(ground.transform, ground.domain.z.shape)
    rows = run.features("drain_pipe", bbox=area)
    report: Counter[str] = Counter()
    pipes = read_pipes(rows, report)
    edits = {edit.code: edit for edit in inputs.edits if isinstance(edit, PipeEdit)}
    known = {pipe.code for pipe in pipes}
    for code in edits:
        if code not in known:
            raise SewerInputError(code, "不在管网中。", "is not in the network.")
    pipes = [pipe for pipe in pipes if not (pipe.code in edits and edits[pipe.code].closed)]
    for pipe in pipes:
        wider = edits[pipe.code].diameter_mm if pipe.code in edits else None
        if wider is not None:
            pipe.diameter = wider / 1000.0
    stations = run.features("pump_station", bbox=area)
    places = read_places(run.features("manhole", bbox=area), run.features("outfall", bbox=area), stations)
    network, places, mended = mend(pipes, places, lambda x, y: _terrain(ground, x, y), _stage(inputs.sewers))
    shapes = dict(zip([str(code) for code in rows.columns["code"]], rows.shapes, strict=True))
    return network, places, shapes, Counter(dict.fromkeys(COUNTED, 0)) + report + mended


def _from_file(text: str) -> tuple[Inp, dict[str, Place], dict[str, Any], Counter[str]]:
    inp = Inp.parse(text)
    places = {}
    for line in inp.section("COORDINATES"):
        words = line.split()
        if len(words) >= 3:
            places[words[0]] = Place(float(words[1]), float(words[2]))
    for name in ("OUTFALLS", "DIVIDERS"):
        for line in inp.section(name):
            if line.split()[0] in places:
                places[line.split()[0]].outfall = name == "OUTFALLS"
    shapes = {}
    for line in inp.section("CONDUITS"):
        name, start, end = line.split()[:3]
        if start in places and end in places:
            a, b = places[start], places[end]
            shapes[name] = shapely.LineString([(a.x, a.y), (b.x, b.y)])
    return inp, places, shapes, Counter()


def _terrain(ground: Ground, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """Level of the ground at points; NaN outside."""
    z = ground.domain.z
    columns, rows = ~ground.transform @ (np.asarray(x), np.asarray(y))
    i, j = np.floor(rows).astype(int), np.floor(columns).astype(int)
    inside = (i >= 0) & (i < z.shape[0]) & (j >= 0) & (j < z.shape[1])
    out = np.full(i.shape, np.nan)
    out[inside] = z[i[inside], j[inside]]
    return out


def _openings(
    asked: Sewerage, ground: Ground, network: Network | Inp, places: dict[str, Place], mended: Counter[str]
) -> list[Opening]:
    """A group of gullies for each manhole on open ground, at the lowest cell beside it."""
    blocked = ground.domain.blocked
    z = np.where(blocked, np.nan, ground.domain.z) if blocked is not None else ground.domain.z
    served: dict[str, float] = {}
    if isinstance(network, Network):
        for conduit in network.conduits:
            for end in (conduit.start, conduit.end):
                served[end] = served.get(end, 0.0) + 0.5 * conduit.length
    out = []
    for name, place in places.items():
        if place.outfall or place.pump:
            continue
        found = _lowest(z, ground, place)
        if found is None:
            mended["manhole_off_the_ground"] += 1
            continue
        row, col = found
        if place.ground is not None and abs(place.ground - float(z[row, col])) > FAR_M:
            mended["rim_off_the_terrain"] += 1
        count = int(np.clip(round(2.0 * served.get(name, 30.0) / asked.gully_spacing_m), 2, MOST_GULLIES))
        out.append(Opening(
            name, row, col, area=count * GRATE_M2 + COVER_M2, width=count * RIM_M,
            capacity=max(count * asked.gully_l_s / 1000.0, 1e-6),
        ))  # fmt: skip
    return out


def _lowest(z: NDArray[Any], ground: Ground, place: Place) -> tuple[int, int] | None:
    columns, rows = ~ground.transform @ (place.x, place.y)
    i, j = int(np.floor(rows)), int(np.floor(columns))
    if not (0 <= i < z.shape[0] and 0 <= j < z.shape[1]):
        return None
    reach = max(1, round(REACH_CELLS * 5.0 / ground.domain.cell)) if ground.domain.cell < 10.0 else 1
    top, left = max(i - reach, 0), max(j - reach, 0)
    window = z[top : i + reach + 1, left : j + reach + 1]
    if not np.isfinite(window).any():
        return None
    r, c = np.unravel_index(int(np.nanargmin(window)), window.shape)
    return top + int(r), left + int(c)


def record(made: Plan, result: SewerResult, run: RunContext) -> SewerOutputs:
    """Hand over manholes and pipes, and sum up."""
    nodes, links = result.nodes, result.links
    kept = [i for i, name in enumerate(nodes.names) if name in made.places]
    ground = [made.places[nodes.names[i]].ground for i in kept]
    run.write_features("flood_manhole", Features(
        {
            "node_code": [nodes.names[i] for i in kept],
            "max_head": [round(float(nodes.max_head[i]), 3) for i in kept],
            "above_ground": [None if g is None else round(float(nodes.max_head[i] - g), 3) for i, g in zip(kept, ground, strict=True)],
            "surcharge_min": [round(float(nodes.surcharged_s[i]) / 60.0, 1) for i in kept],
            "overflow_m3": [round(float(result.overflow[i]), 2) for i in kept],
            "overflow_min": [round(float(result.overflow_s[i]) / 60.0, 1) for i in kept],
            "max_overflow": [round(float(result.max_overflow[i]), 4) for i in kept],
            "inflow_m3": [round(float(result.inflow[i]), 2) for i in kept],
        },
        np.array([shapely.Point(made.places[nodes.names[i]].x, made.places[nodes.names[i]].y) for i in kept]),
    ))  # fmt: skip
    drawn = [i for i, name in enumerate(links.names) if name in made.shapes]
    full = [_fullness(made.sizes.get(links.names[i]), float(links.max_depth[i])) for i in drawn]
    run.write_features("flood_pipe", Features(
        {
            "pipe_code": [links.names[i] for i in drawn],
            "max_flow": [round(float(links.max_flow[i]), 4) for i in drawn],
            "max_speed": [round(float(links.max_speed[i]), 3) for i in drawn],
            "max_fullness": full,
            "full_min": [round(float(links.full_s[i]) / 60.0, 1) for i in drawn],
        },
        np.array([made.shapes[links.names[i]] for i in drawn]),
    ))  # fmt: skip
    return SewerOutputs(
        nodes=len(nodes.names), pipes=len(links.names), openings=len(made.sewers.openings),
        inflow_m3=float(result.inflow.sum()), overflow_m3=float(result.overflow.sum()),
        outflow_m3=result.account.outflow, stored_m3=result.account.final,
        overflowing_manholes=int((result.overflow > 0.1).sum()), full_pipes=int((links.full_s > 0).sum()),
        booking_error=result.relative_booking_error, continuity_error_percent=result.account.error_percent,
        mended={name: count for name, count in made.mended.items() if count},
    )  # fmt: skip


def _fullness(size: float | None, depth: float) -> float | None:
    return None if not size else round(min(depth / size, 1.0), 3)
