"""Roughness and losses of each cell, from land use, soil and the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.surface import GROUPS, Table, burn, curve_number, retention_mm, table
from twin.engines.flood import CurveNumber, GreenAmpt, Horton
from twin.errors import TwinError, did_you_mean
from twin.processes.flood.edits import CoverEdit
from twin.processes.flood.geometry import in_city

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.processes.context import Features, RunContext
    from twin.processes.flood.inputs import FloodInputs

    Grid = NDArray[np.float32]
    Mask = NDArray[np.bool_]

WATER = "17"  # land-use class 陆地水域
DEFICIT = {"dry": 0.8, "normal": 0.5, "wet": 0.2}  # share of the effective porosity that is empty
CONDITION = {"dry": -1.0, "normal": 0.0, "wet": 1.0}  # antecedent moisture I, II, III


@dataclass(frozen=True, slots=True)
class Cover:
    """What covers the ground. Grids are (rows, cols)."""

    manning: Grid
    capacity: Grid  # constant: soil and sewers, mm/h
    initial_loss: Grid  # mm
    water: Mask  # rivers and lakes, which take nothing in and no storm floods
    soil: GreenAmpt | CurveNumber | Horton | None

    def domain(self) -> dict[str, Any]:
        """The arguments of the engine's `Domain`."""
        laws = {GreenAmpt: "green_ampt", CurveNumber: "curve_number", Horton: "horton"}
        law = {laws[type(self.soil)]: self.soil} if self.soil is not None else {}
        return {
            "manning": self.manning, "infiltration": self.capacity, "initial_loss": self.initial_loss, **law,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """Which row of the tables each cell has: ``place`` (rows, cols) numbers the land uses from 1, 0 is none; ``soil``
    numbers pairs of texture and hydrologic group (0..3) likewise."""

    codes: tuple[str | None, ...]
    place: NDArray[np.int32]
    soils: tuple[tuple[str, int], ...]
    soil: NDArray[np.int32]

    def by_code(self, number: Any) -> Grid:
        """A grid of ``number(code)``."""
        return np.array([number(code) for code in self.codes], dtype=np.float32)[self.place]

    def by_soil(self, number: Any) -> Grid:
        """A grid of ``number(texture, group)``."""
        return np.array([number(*pair) for pair in self.soils], dtype=np.float32)[self.soil]


def read_cover(
    inputs: FloodInputs, run: RunContext, transform: Affine, shape: tuple[int, int],
    area: tuple[float, float, float, float], to_city: Transformer,
) -> Cover:  # fmt: skip
    """Land use (with the edits' changes) and soil, and what the tables say of them.

    Raises ``TwinError`` TWIN-525 (a number is in no table), TWIN-683 (a land use is in no list), TWIN-528 (an unknown soil).
    """
    words = run.catalog.vocabularies
    asked = inputs.tables
    _known(inputs, run)
    covers = table(words.get("ground_cover"), _given(asked.ground_cover))
    soils = table(words.get("soil_texture"), _given(asked.soil_texture))
    if inputs.infiltration.soil not in soils.rows:
        raise _unknown_soil(inputs.infiltration.soil, soils)
    ground = _lay(inputs, run, transform, shape, area, to_city, soils)
    sealed = ground.by_code(lambda code: covers.value(code, "sealed"))
    water = np.array([(code or "").startswith(WATER) for code in ground.codes])[ground.place]
    sealed[water] = 1.0
    drains = np.where(water, 0.0, sealed * inputs.drainage_mm_h).astype(np.float32)
    if inputs.infiltration.method == "capacity":
        drains += np.where(water, 0.0, (1 - sealed) * inputs.soil_mm_h).astype(np.float32)
    takes_first = inputs.infiltration.method != "curve_number"
    return Cover(
        manning=ground.by_code(lambda code: _manning(inputs, covers, code)),
        capacity=drains,
        initial_loss=np.where(water, 0.0, inputs.initial_loss_mm if takes_first else 0.0).astype(np.float32),
        water=water,
        soil=_law(inputs, ground, covers, soils, sealed, water),
    )


def _known(inputs: FloodInputs, run: RunContext) -> None:
    """Raises ``TwinError`` TWIN-683 for a land use of the inputs that is in no list: it would count as "everything else"."""
    words = run.catalog.vocabularies
    column = run.catalog.layers["land_use"].columns["land_use"]
    lists = [
        words[name] for name in (column.vocabulary, "ground_cover") if name is not None and name in words
    ]
    terms = [term for one in lists for term in one.terms]
    covered = [
        (f"edits.{i}.land_use", edit.land_use)
        for i, edit in enumerate(inputs.edits)
        if isinstance(edit, CoverEdit)
    ]
    own = [("roughness", code) for code in inputs.roughness]
    own += [("tables.ground_cover", code) for code in inputs.tables.ground_cover]
    for where, code in covered + own:
        if not any(term.startswith(code) for term in terms):
            near = did_you_mean(code, terms)
            raise TwinError(
                "TWIN-683",
                f"词表中没有用地“{code[:80]}”，也没有以它开头的代码。{near.zh}",
                f'No land use of the code lists is or begins with "{code[:80]}".{near.en}',
                status=422,
                where=where,
            )


def _given(rows: Any) -> dict[str, dict[str, float]]:
    return {code: row.model_dump(exclude_none=True) for code, row in rows.items()}


def _lay(
    inputs: FloodInputs, run: RunContext, transform: Affine, shape: tuple[int, int],
    area: tuple[float, float, float, float], to_city: Transformer, soils: Table,
) -> Ground:  # fmt: skip
    """Which land use and which soil each cell has."""
    use = run.features("land_use", columns=["land_use", "status"], bbox=area)
    now = [i for i, status in enumerate(use.columns["status"]) if status != "planned"]
    found = [use.columns["land_use"][i] for i in now]
    places = [use.shapes[i] for i in now]
    for edit in inputs.edits:
        if isinstance(edit, CoverEdit):
            found.append(edit.land_use)
            places.append(in_city(edit.geometry, to_city))
    codes = tuple(dict.fromkeys(found))
    rank = {code: i for i, code in enumerate(codes, start=1)}
    place = burn(places, [rank[code] for code in found], transform, shape, fill=0, dtype="int32")
    kinds, soil = _soils(inputs, run, transform, shape, area, soils)
    return Ground((None, *codes), place, kinds, soil)


def _soils(
    inputs: FloodInputs, run: RunContext, transform: Affine, shape: tuple[int, int],
    area: tuple[float, float, float, float], soils: Table,
) -> tuple[tuple[tuple[str, int], ...], NDArray[np.int32]]:  # fmt: skip
    """The soils that occur, the run's own first, and which of them each cell has."""
    own = inputs.infiltration.soil
    rest = (own, int(soils.exact(own, "group")) - 1)
    if inputs.infiltration.method in ("capacity", "none"):
        return (rest,), np.zeros(shape, np.int32)
    units: Features = run.features("soil", columns=["texture", "group"], bbox=area)
    pairs = []
    for texture, group in zip(units.columns["texture"], units.columns["group"], strict=True):
        if texture not in soils.rows:
            raise _unknown_soil(texture, soils)
        pairs.append((texture, "ABCD".index(group) if group else int(soils.exact(texture, "group")) - 1))
    kinds = tuple(dict.fromkeys([rest, *pairs]))
    numbers = [kinds.index(pair) for pair in pairs]
    return kinds, burn(units.shapes, numbers, transform, shape, fill=0, dtype="int32")


def _unknown_soil(texture: str, soils: Table) -> TwinError:
    near = did_you_mean(texture, soils.rows)
    return TwinError(
        "TWIN-528",
        f"参数表 soil_texture 中没有土壤“{texture[:80]}”。{near.zh}",
        f'The table soil_texture has no soil "{texture[:80]}". {near.en}',
        status=422,
        where="infiltration.soil",
    )


def _manning(inputs: FloodInputs, covers: Table, code: str | None) -> float:
    """The run's own roughness by the longest beginning of the code, its "*", else the table's; times the factor."""
    own = inputs.roughness
    for length in range(len(code or ""), 0, -1):
        if (code or "")[:length] in own:
            return own[(code or "")[:length]] * inputs.roughness_factor
    found = own["*"] if "*" in own else covers.value(code, "manning")
    return found * inputs.roughness_factor


def _law(
    inputs: FloodInputs, ground: Ground, covers: Table, soils: Table, sealed: Grid, water: Mask
) -> GreenAmpt | CurveNumber | Horton | None:
    """The soil law over the share that is not sealed.

    Green-Ampt and Horton keep their form when K and suction (f0 and fc) are scaled by that share: what soaks in is then
    that of the open ground times its share. Curve numbers of sealed and open ground are joined as TR-55 joins them.
    """
    asked = inputs.infiltration
    free = np.where(water, 0.0, 1 - sealed)
    if asked.method == "green_ampt":
        deficit = DEFICIT[asked.moisture] * ground.by_soil(lambda soil, _: soils.exact(soil, "porosity"))
        suction = ground.by_soil(lambda soil, _: soils.exact(soil, "suction_mm"))
        return GreenAmpt(
            free * ground.by_soil(lambda soil, _: soils.exact(soil, "conductivity_mm_h")),
            free * suction,
            deficit,
        )
    if asked.method == "horton":
        wet = ground.by_soil(lambda soil, _: soils.exact(soil, "conductivity_mm_h"))
        dry = ground.by_soil(lambda soil, _: soils.exact(soil, "horton_mm_h"))
        return Horton(free * np.maximum(dry, wet), free * wet, asked.decay_h)
    if asked.method == "curve_number":
        number = _numbers(ground, covers, CONDITION[asked.moisture])
        retention = np.where(water, 0.0, retention_mm(number))
        return CurveNumber(retention, asked.abstraction * retention)
    return None


def _numbers(ground: Ground, covers: Table, moisture: float) -> NDArray[np.float64]:
    """The composite curve number of each cell."""
    numbers = np.array(
        [
            [
                curve_number(covers.value(code, GROUPS[group]), covers.value(code, "sealed"), moisture)
                for _, group in ground.soils
            ]
            for code in ground.codes
        ]
    )
    found: NDArray[np.float64] = numbers[ground.place, ground.soil]
    return found
