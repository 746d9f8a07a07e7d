"""``flood-comparison``: what a variant changes against a base run, as maps of differences and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import numpy as np
from pydantic import ConfigDict, model_validator

from twin.errors import TwinError
from twin.processes.context import Features
from twin.processes.flood.remarks import Remark
from twin.processes.models import Inputs, Outputs, Value, field, run_of, titled
from twin.processes.registry import process
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.context import RunContext
    from twin.processes.data import Raster

    Grid = NDArray[np.float32]

# result of a flood run -> result of the comparison
RASTERS = {
    "flood_depth": "flood_depth_change",
    "flood_speed": "flood_speed_change",
    "flood_hazard": "flood_hazard_change",
    "flood_arrival": "flood_arrival_change",
}
PLACES = {
    "flood_building": ("flood_building_change", "building_code"),
    "flood_road": ("flood_road_change", "road_code"),
}
EXAMPLE = {
    "base": "01890000-0000-7000-8000-000000000001",
    "variant": "01890000-0000-7000-8000-000000000002",
}


class ComparisonInputs(Inputs):
    """Two finished flood runs; differences are variant less base."""

    base: UUID = field("基准模拟", "Base run", extra=run_of("flood"))
    variant: UUID = field("方案模拟", "Variant", extra=run_of("flood"))
    flooded_m: float = field("内涝判定水深", "Depth that counts as flooded", 0.15, unit="m", ge=0.01, le=5)
    least_m: float = field(
        "最小变化",
        "Smallest change",
        0.01,
        unit="m",
        description=Text(zh="更小的水深差视为不变。", en="Smaller differences of depth count as none."),
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.base == self.variant:
            raise impossible(
                "variant", "方案与基准是同一次模拟。", "The variant is the base run itself.", self.variant
            )
        return self


class Row(Value):
    """One line of the table."""

    model_config = ConfigDict(json_schema_extra=titled("对比项", "Item"))

    name_zh: str = field("项目", "Item (Chinese)")
    name_en: str = field("项目（英文）", "Item")
    unit: str = field("单位", "Unit")
    base: float = field("基准", "Base")
    variant: float = field("方案", "Variant")
    change: float = field("变化", "Change")


class ComparisonOutputs(Outputs):
    """What changed, over the ground that both runs cover."""

    table: tuple[Row, ...] = field("对比表", "Table")
    deeper_m2: float = field("加深面积", "Deeper", unit="m2")
    shallower_m2: float = field("变浅面积", "Shallower", unit="m2")
    newly_flooded_m2: float = field("新增受淹面积", "Flooded anew", unit="m2")
    relieved_m2: float = field("不再受淹面积", "No longer flooded", unit="m2")
    greatest_rise_m: float = field("最大加深", "Greatest rise", unit="m")
    greatest_fall_m: float = field("最大变浅", "Greatest fall", unit="m")
    buildings_new: int = field("新增受淹建筑", "Buildings flooded anew")
    buildings_relieved: int = field("不再受淹建筑", "Buildings no longer flooded")
    roads_new: int = field("新增积水路段", "Road links flooded anew")
    roads_relieved: int = field("不再积水路段", "Road links no longer flooded")
    compared_m2: float = field("对比面积", "Compared ground", unit="m2")
    remarks: tuple[Remark, ...] = field("说明", "Remarks", ())


@process(
    name="flood-comparison",
    version="1.0.0",
    title=Text(zh="内涝方案对比", en="Comparison of two floods"),
    description=Text(
        zh="比较两次内涝模拟：最大水深、流速、危险度与到达时间之差，受淹情况不同的建筑和路段，以及对比表。",
        en="Two flood runs compared: differences of maximum depth, speed, hazard and arrival, the buildings and roads that "
        "they flood differently, and a table.",
    ),
    inputs=ComparisonInputs,
    outputs=ComparisonOutputs,
    example=EXAMPLE,
    reads=(*RASTERS, *PLACES),
    writes=(*RASTERS.values(), *(layer for layer, _ in PLACES.values())),
)
def flood_comparison(inputs: ComparisonInputs, run: RunContext) -> ComparisonOutputs:
    """Differences on the base run's cells; a variant on other cells is taken at their centres.

    Raises ``TwinError`` TWIN-515 (no such flood run, or not for this actor) and TWIN-516 (no common ground).
    """
    before, after = _pair(inputs, run, "flood_depth")
    depths = before, _laid(after, before)
    both = np.isfinite(depths[0].array) & np.isfinite(depths[1])
    if not both.any():
        raise TwinError(
            "TWIN-516",
            "两次模拟没有共同的范围，无法对比。",
            "The two runs cover no ground in common; there is nothing to compare.",
            status=422,
            where="variant",
        )
    for number, (source, target) in enumerate(RASTERS.items()):
        run.progress(number / 6, "计算差值", "taking differences")
        run.check()
        base, variant = (before, after) if source == "flood_depth" else _pair(inputs, run, source)
        laid = _laid(variant, base)
        run.write_raster(target, _difference(source, base.array, laid, both), base.transform)
    buildings, roads = (_places(inputs, run, source) for source in PLACES)
    return _outputs(inputs, depths[0], depths[1], both, buildings, roads, _told(before, after))


def _pair(inputs: ComparisonInputs, run: RunContext, layer: str) -> tuple[Raster, Raster]:
    """The rasters of the base run and of the variant."""
    return _raster(run, layer, inputs.base, "base"), _raster(run, layer, inputs.variant, "variant")


def _told(base: Raster, variant: Raster) -> tuple[Remark, ...]:
    """That the runs lie on other cells: part of what differs then comes of these."""
    if base.cell == variant.cell:
        return ()
    fine, coarse = sorted((base.cell, variant.cell))
    text = Text(
        zh=f"两次模拟的单元不同（{fine:g} 与 {coarse:g} m）：差值在基准单元的中心取得，部分差异来自网格而非方案。",
        en=f"The runs have cells of {fine:g} and of {coarse:g} m: differences are taken at the centres of the base run's "
        "cells, and part of them comes of the cells and not of the variant.",
    )
    return (Remark.of(text),)


def _laid(variant: Raster, base: Raster) -> Grid:
    """The variant's values on the base run's cells (NaN beside them)."""
    if base.transform == variant.transform and base.array.shape == variant.array.shape:
        return variant.array
    here, there = base.transform, variant.transform
    shape = base.array.shape
    column = np.floor((here.c + here.a * (np.arange(shape[1]) + 0.5) - there.c) / there.a).astype(int)
    row = np.floor((here.f + here.e * (np.arange(shape[0]) + 0.5) - there.f) / there.e).astype(int)
    rows, cols = variant.array.shape
    inside = ((row >= 0) & (row < rows))[:, None] & ((column >= 0) & (column < cols))[None, :]
    taken = variant.array[np.clip(row, 0, rows - 1)[:, None], np.clip(column, 0, cols - 1)[None, :]]
    laid: Grid = np.where(inside, taken, np.float32(np.nan))
    return laid


def _raster(run: RunContext, layer: str, of: UUID, where: str) -> Raster:
    found = run.raster(layer, run=of)
    if found is None:
        raise TwinError(
            "TWIN-515",
            f"没有可见的内涝模拟 {of}，或它没有成功；请核对运行编号。",
            f"There is no flood run {of} that you may see, or it did not succeed; check the id.",
            status=422,
            where=where,
        )
    return found


def _difference(source: str, base: Grid, variant: Grid, both: NDArray[np.bool_]) -> Grid:
    """Variant less base over common ground; times of arrival only where water comes in both."""
    difference = variant - base
    if source != "flood_arrival":
        difference = np.where(both, difference, np.float32(np.nan))
    return difference.astype(np.float32)


def _places(inputs: ComparisonInputs, run: RunContext, source: str) -> dict[str, int]:
    """Hand over the places that differ; returns how many there are of each effect, and in each run."""
    target, code = PLACES[source]
    depth: list[dict[str, float]] = []
    shape: dict[str, Any] = {}
    for of in (inputs.base, inputs.variant):
        found = run.features(source, columns=[code, "depth"], run=of)
        deep = zip(found.columns[code], found.columns["depth"], found.shapes, strict=True)
        kept = [(name, float(value), place) for name, value, place in deep if value >= inputs.flooded_m]
        depth.append({name: value for name, value, _ in kept})
        shape |= {name: place for name, _, place in kept}
    rows = []
    for name in shape:
        before, after = depth[0].get(name, 0.0), depth[1].get(name, 0.0)
        effect = _effect(name in depth[0], name in depth[1], after - before, inputs.least_m)
        if effect is not None:
            rows.append((name, before, after, round(after - before, 3), effect))
    names = (code, "depth_base", "depth_variant", "change", "effect")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    run.write_features(target, Features(columns, np.array([shape[row[0]] for row in rows], dtype=object)))
    counts = {
        effect: sum(row[4] == effect for row in rows) for effect in ("new", "deeper", "shallower", "relieved")
    }
    return counts | {"base": len(depth[0]), "variant": len(depth[1])}


def _effect(before: bool, after: bool, change: float, least: float) -> str | None:
    if before != after:
        return "new" if after else "relieved"
    if abs(change) < least:
        return None
    return "deeper" if change > 0 else "shallower"


def _outputs(
    inputs: ComparisonInputs, base: Raster, variant: Grid, both: NDArray[np.bool_],
    buildings: dict[str, int], roads: dict[str, int], remarks: tuple[Remark, ...],
) -> ComparisonOutputs:  # fmt: skip
    cell = base.cell**2
    old, new = base.array[both].astype(np.float64), variant[both].astype(np.float64)
    change = new - old
    wet, soon = old >= inputs.flooded_m, new >= inputs.flooded_m

    def row(zh: str, en: str, unit: str, before: float, after: float) -> Row:
        return Row(name_zh=zh, name_en=en, unit=unit, base=before, variant=after, change=after - before)

    return ComparisonOutputs(
        table=(
            row("受淹面积（含水体）", "Flooded area (waters too)", "m2", wet.sum() * cell, soon.sum() * cell),
            row("最大水深", "Maximum depth", "m", float(old.max()), float(new.max())),
            row("受淹处平均水深", "Mean depth where flooded", "m", _mean(old, wet), _mean(new, soon)),
            row("最大水深蓄水量", "Volume of maximum depths", "m3", old.sum() * cell, new.sum() * cell),
            row("受淹建筑", "Flooded buildings", "1", buildings["base"], buildings["variant"]),
            row("积水路段", "Flooded road links", "1", roads["base"], roads["variant"]),
        ),
        deeper_m2=float((change >= max(inputs.least_m, 1e-9)).sum()) * cell,
        shallower_m2=float((change <= -max(inputs.least_m, 1e-9)).sum()) * cell,
        newly_flooded_m2=float((soon & ~wet).sum()) * cell,
        relieved_m2=float((wet & ~soon).sum()) * cell,
        greatest_rise_m=max(float(change.max()), 0.0),
        greatest_fall_m=max(float(-change.min()), 0.0),
        buildings_new=buildings["new"],
        buildings_relieved=buildings["relieved"],
        roads_new=roads["new"],
        roads_relieved=roads["relieved"],
        compared_m2=float(both.sum()) * cell,
        remarks=remarks,
    )


def _mean(depth: NDArray[np.float64], wet: NDArray[np.bool_]) -> float:
    return float(depth[wet].mean()) if wet.any() else 0.0
