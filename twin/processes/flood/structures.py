"""Culverts, bridge openings, weirs, gates and pumps: of the layer, changed or added by the edits of one run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.engines.flood import Culvert, Link, Pump, Rule, Weir, nearest_open
from twin.errors import TwinError
from twin.processes.flood.edits import NewStructure, StructureEdit
from twin.processes.flood.geometry import in_city
from twin.processes.flood.terrain import missing

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.processes.context import Features, RunContext
    from twin.processes.flood.inputs import FloodInputs

    Cell = tuple[int, int]

IN_USE = (None, "0")  # states of pipe_status in which water passes
CONCRETE_N = 0.014  # Manning's n of a culvert whose layer row does not tell: Chow (1959) table 5-6, concrete, unfinished
COLUMNS = (
    "code", "kind", "width", "height", "barrels", "start_invert", "end_invert", "crest_elevation", "roughness", "one_way",
    "capacity_m3_s", "start_level", "stop_level", "status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Structure:
    """One structure on the grid, from its upper cell (row, column) to its lower one, or to the outside (None).

    Sizes and levels in m, capacity in m3/s; ``height`` None is round. ``on`` and ``off`` are levels at the upper end.
    """

    code: str
    kind: str
    start: Cell
    end: Cell | None
    length: float
    width: float
    height: float | None
    barrels: int
    start_invert: float
    end_invert: float
    crest: float
    roughness: float
    one_way: bool
    capacity: float | None
    on: float | None
    off: float | None
    schedule: tuple[tuple[float, float], ...] = ()  # (s, share open), in place of the levels


class Places:
    """Where ends of lines stand on the grid: a cell, moved out of buildings, or None outside the domain."""

    def __init__(self, z: NDArray[Any], blocked: NDArray[np.bool_] | None, transform: Affine) -> None:
        self.z, self.transform = z, transform
        valid = np.isfinite(z)
        self.valid = valid
        self.open = valid if blocked is None else valid & ~blocked
        self._nearest: NDArray[np.int64] | None = None

    def cell(self, x: float, y: float) -> Cell | None:
        column, row = ~self.transform @ (x, y)
        i, j = math.floor(row), math.floor(column)
        if not (0 <= i < self.z.shape[0] and 0 <= j < self.z.shape[1]) or not self.valid[i, j]:
            return None
        if self.open[i, j]:
            return i, j
        if self._nearest is None:
            self._nearest = nearest_open(self.open)
        moved = divmod(int(self._nearest[i * self.z.shape[1] + j]), self.z.shape[1])
        return moved[0], moved[1]


def read_structures(
    inputs: FloodInputs,
    run: RunContext,
    places: Places,
    area: tuple[float, float, float, float],
    to_city: Transformer,
) -> tuple[Structure, ...]:
    """The structures that work in this run.

    Raises ``TwinError`` TWIN-526 (an edit names none of the layer) and TWIN-527 (a new one starts beside the area).
    """
    found: dict[str, Structure] = {}
    edited = [(number, edit) for number, edit in enumerate(inputs.edits) if isinstance(edit, StructureEdit)]
    if inputs.structures or edited:
        rows = run.features("hydraulic_structure", columns=list(COLUMNS), bbox=area)
        found = {one.code: one for one in _of_layer(rows, places)}
    for number, edit in edited:
        if edit.code not in found:
            raise missing("hydraulic_structure", edit.code, f"edits.{number}.code")
        if edit.closed:
            del found[edit.code]
            continue
        changes: dict[str, Any] = {"width": edit.width_m, "capacity": edit.capacity_m3_s}
        told = {name: value for name, value in changes.items() if value is not None}
        if edit.times_min:
            seconds = (60.0 * minute for minute in edit.times_min)
            told["schedule"] = tuple(zip(seconds, edit.opening, strict=True))
        found[edit.code] = replace(found[edit.code], **told)
    for number, new in enumerate(inputs.edits):
        if isinstance(new, NewStructure):
            found[f"edits.{number}"] = _new(new, number, places, to_city)
    return tuple(found.values())


def _of_layer(rows: Features, places: Places) -> list[Structure]:
    """Rows in use whose upper end lies in the domain; one that starts outside is the neighbour's."""
    out = []
    for i, line in enumerate(rows.shapes):
        row = {name: rows.columns[name][i] for name in COLUMNS}
        points = shapely.get_coordinates(line)
        start, end = places.cell(*points[0]), places.cell(*points[-1])
        if row["status"] not in IN_USE or start is None or start == end:
            continue
        beds = float(places.z[start]), float(places.z[end]) if end is not None else float(places.z[start])
        out.append(
            Structure(
                code=row["code"],
                kind=row["kind"],
                start=start,
                end=end,
                length=float(shapely.length(line)),
                width=float(row["width"] or 1.0),
                height=row["height"],
                barrels=int(row["barrels"] or 1),
                start_invert=_or(row["start_invert"], beds[0]),
                end_invert=_or(row["end_invert"], beds[1]),
                crest=_or(row["crest_elevation"], _or(row["start_invert"], max(beds))),
                roughness=float(row["roughness"] or CONCRETE_N),
                one_way=bool(row["one_way"]),
                capacity=row["capacity_m3_s"],
                on=row["start_level"],
                off=row["stop_level"],
            )
        )
    return out


def _new(edit: NewStructure, number: int, places: Places, to_city: Transformer) -> Structure:
    line = in_city(edit.geometry, to_city)
    points = shapely.get_coordinates(line)
    start, end = places.cell(*points[0]), places.cell(*points[-1])
    if start is None or start == end:
        raise TwinError(
            "TWIN-527",
            "新增建筑物的线须从计算范围内的一个单元画到另一个单元或范围之外。",
            "The line of a new structure must lead from a cell of the computed ground to another one or out of it.",
            status=422,
            where=f"edits.{number}.geometry",
        )
    beds = float(places.z[start]), float(places.z[end]) if end is not None else float(places.z[start])
    return Structure(
        code=f"edits.{number}",
        kind=edit.structure,
        start=start,
        end=end,
        length=float(shapely.length(line)),
        width=edit.width_m,
        height=edit.height_m,
        barrels=edit.barrels,
        start_invert=_or(edit.sill_m, beds[0]),
        end_invert=_or(edit.sill_m, beds[1]),
        crest=_or(edit.sill_m, max(beds)),
        roughness=CONCRETE_N,
        one_way=edit.one_way,
        capacity=edit.capacity_m3_s,
        on=None,
        off=None,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def links(structures: tuple[Structure, ...]) -> tuple[Link, ...]:
    """The structures as the engine's links; a pump without a capacity lifts nothing and is left out."""
    return tuple(_link(one) for one in structures if one.kind != "pump" or one.capacity)


def _rule(one: Structure) -> Rule:
    if one.schedule:
        times, opening = np.array(one.schedule, np.float64).T
        return Rule(times_s=times, opening=opening)
    return Rule(start=one.on, stop=one.off) if one.on is not None and one.off is not None else Rule()


def _link(one: Structure) -> Link:
    up, down = ([one.start[0]], [one.start[1]]), None
    if one.end is not None:
        down = ([one.end[0]], [one.end[1]])
    rule = _rule(one)
    if one.kind == "pump":
        return Pump(one.code, up, down, True, rule, capacity=one.capacity or 0.0)
    if one.kind == "culvert":
        return Culvert(
            one.code, up, down, one.one_way, rule, width=one.width, height=one.height, barrels=one.barrels,
            length=one.length, up_invert=one.start_invert, down_invert=one.end_invert, manning=one.roughness,
        )  # fmt: skip
    return Weir(
        one.code,
        up,
        down,
        one.one_way,
        rule,
        crest=one.crest,
        width=one.width * one.barrels,
        height=one.height,
    )
