"""From the members' results to probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from pydantic import ConfigDict

from twin.engines.flood import exceedance, quantile
from twin.errors import TwinError
from twin.processes.context import Features
from twin.processes.models import Outputs, Value, field, titled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from affine import Affine
    from numpy.typing import NDArray

    from twin.actions.run_row import RunRow
    from twin.processes.context import RunContext
    from twin.processes.flood_ensemble.inputs import FloodEnsembleInputs

READS = ("flood_depth", "flood_building", "flood_road")
GRIDS = ("flood_probability", "flood_depth_median", "flood_depth_p90")
WRITES = (*GRIDS, "flood_building_probability", "flood_road_probability", "flood_member")
NODATA = -9999.0
BLOCK = 256  # rows of cells in one block of a stored raster
IN_MEMORY = 24_000_000  # depths held at a time
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9


class Range(Value):
    """A number over the members: weighted quantiles and mean."""

    model_config = ConfigDict(json_schema_extra=titled("分布", "Range"))

    p10: float = field("10% 分位", "10 %")
    median: float = field("中位", "Median")
    p90: float = field("90% 分位", "90 %")
    mean: float = field("平均", "Mean")


class FloodEnsembleOutputs(Outputs):
    """How the members differ."""

    members: int = field("成员数", "Members")
    failed: int = field("失败的成员", "Members that failed")
    flooded_area_m2: Range = field("淹没面积", "Flooded area", unit="m2")
    flooded_buildings: Range = field("受淹建筑数", "Flooded buildings")
    closed_road_links: Range = field("不可通行路段数", "Impassable road links")
    max_depth_m: Range = field("最大水深", "Maximum depth", unit="m")
    probable_area_m2: float = field("半数以上概率淹没的面积", "Area flooded more likely than not", unit="m2")


@dataclass(frozen=True, slots=True)
class Done:
    """The members that ended well; ``weights`` (members,) sum to 1."""

    runs: list[RunRow]
    weights: NDArray[np.float64]

    def ids(self) -> Iterator[tuple[UUID, float]]:
        return zip((run.id for run in self.runs), self.weights.tolist(), strict=True)

    def range(self, name: str) -> Range:
        """Of an output of the members."""
        values = np.array([float((run.outputs or {})[name]) for run in self.runs])
        stack = values.reshape(-1, 1, 1)

        def at(share: float) -> float:
            return float(quantile(stack, self.weights, share)[0, 0])

        return Range(p10=at(LOW), median=at(MIDDLE), p90=at(HIGH), mean=float(values @ self.weights))


def record(inputs: FloodEnsembleInputs, run: RunContext) -> FloodEnsembleOutputs:
    """Hand over the rasters and rows and sum up."""
    members = run.members()
    weights = np.array(inputs.weights())
    well = [number for number, one in enumerate(members) if one.state == "successful"]
    if 2 * len(well) < len(members):
        raise _too_few(members, len(well))
    done = Done([members[number] for number in well], weights[well] / weights[well].sum())
    run.progress(0.92, "汇总各成员的水深", "summing up the members' depths")
    probable = _grids(inputs, run, done)
    run.progress(0.97, "汇总建筑与道路", "summing up buildings and roads")
    _buildings(run, done)
    _roads(run, done)
    _members(run, members, weights)
    return FloodEnsembleOutputs(
        members=len(members),
        failed=len(members) - len(well),
        flooded_area_m2=done.range("flooded_area_m2"),
        flooded_buildings=done.range("flooded_buildings"),
        closed_road_links=done.range("closed_road_links"),
        max_depth_m=done.range("max_depth_m"),
        probable_area_m2=probable,
    )


def _too_few(members: list[RunRow], well: int) -> TwinError:
    errors: list[dict[str, Any]] = [one.error for one in members if one.error]
    error = errors[0] if errors else {}
    return TwinError(
        "TWIN-540",
        f"{len(members)} 个成员中只有 {well} 个成功，不足半数：{error.get('zh', '成员已被取消。')}",
        f"only {well} of {len(members)} members ended well, less than half: "
        f"{error.get('en', 'members were dismissed.')}",
        where="base",
    )


def _grids(inputs: FloodEnsembleInputs, run: RunContext, done: Done) -> float:
    """Probability and quantile rasters, strip by strip; the area (m2) that is flooded more likely than not."""
    shape, transform = _frame(run, done.runs[0].id)
    chance, median, high = (np.full(shape, np.nan, np.float32) for _ in GRIDS)
    for top, bottom in _strips(shape, len(done.runs)):
        box = (
            transform.c,
            transform.f + bottom * transform.e,
            transform.c + shape[1] * transform.a,
            transform.f + top * transform.e,
        )
        stack = np.stack([_strip(run, one.id, box, (bottom - top, shape[1])) for one in done.runs])
        rows = slice(top, bottom)
        chance[rows] = exceedance(stack, done.weights, inputs.depth_m)
        median[rows] = quantile(stack, done.weights, MIDDLE)
        high[rows] = quantile(stack, done.weights, HIGH)
        run.check()
    for name, grid in zip(GRIDS, (chance, median, high), strict=True):
        run.write_raster(name, grid, transform, NODATA)
    return float(np.count_nonzero(chance > MIDDLE)) * transform.a * -transform.e


def _frame(run: RunContext, member: UUID) -> tuple[tuple[int, int], Affine]:
    raster = run.raster("flood_depth", run=member)
    if raster is None:
        raise _gone(member)
    return (raster.array.shape[0], raster.array.shape[1]), raster.transform


def _strips(shape: tuple[int, int], members: int) -> Iterator[tuple[int, int]]:
    rows = max(1, IN_MEMORY // (members * shape[1] * BLOCK)) * BLOCK
    return ((top, min(top + rows, shape[0])) for top in range(0, shape[0], rows))


def _strip(
    run: RunContext, member: UUID, box: tuple[float, float, float, float], shape: tuple[int, int]
) -> NDArray[np.float32]:
    inset = 0.25 * (box[3] - box[1]) / shape[0]  # a row of cells that only touches the strip is not of it
    inner = (box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset)
    raster = run.raster("flood_depth", run=member, bbox=inner)
    if raster is None or raster.array.shape != shape:
        raise _gone(member)
    return raster.array


def _gone(member: UUID) -> TwinError:
    return TwinError(
        "TWIN-541",
        f"成员 {member} 的水深与其他成员不在同一网格上，或已被删除；请重新运行。",
        f"the depths of member {member} are gone or lie on other cells than the others'; run it again.",
        status=500,
        where="base",
    )


@dataclass(slots=True)
class Seen:
    """A building or road that some member flooded."""

    told: tuple[Any, ...]  # columns that do not differ between members
    shape: Any
    chance: float = 0.0  # weight of the members in which it is wet
    closed: float = 0.0  # and of those in which a road is impassable
    depth: float = 0.0  # m, the greatest


def _seen(run: RunContext, done: Done, layer: str, code: str, told: tuple[str, ...]) -> dict[str, Seen]:
    """What the members' rows of a layer say, by code; each member has one row for each of them, or none."""
    found: dict[str, Seen] = {}
    closing = ("passable",) if layer == "flood_road" else ()
    for member, weight in done.ids():
        rows = run.features(layer, columns=[code, "depth", *told, *closing], run=member)
        c = rows.columns
        for i, name in enumerate(c[code]):
            one = found.setdefault(name, Seen(tuple(c[key][i] for key in told), rows.shapes[i]))
            one.chance += weight
            one.depth = max(one.depth, c["depth"][i])
            if closing and not c["passable"][i]:
                one.closed += weight
    return found


def _buildings(run: RunContext, done: Done) -> None:
    seen = _seen(run, done, "flood_building", "building_code", ("use",))
    columns = {"building_code": list(seen), "use": [one.told[0] for one in seen.values()]}
    run.write_features("flood_building_probability", Features(columns | _chances(seen), _shapes(seen)))


def _roads(run: RunContext, done: Done) -> None:
    seen = _seen(run, done, "flood_road", "road_code", ("name", "class"))
    columns = {
        "road_code": list(seen),
        "name": [one.told[0] for one in seen.values()],
        "class": [one.told[1] for one in seen.values()],
        "closed_probability": [round(min(one.closed, 1.0), 4) for one in seen.values()],
    }
    run.write_features("flood_road_probability", Features(columns | _chances(seen), _shapes(seen)))


def _chances(seen: dict[str, Seen]) -> dict[str, list[Any]]:
    return {
        "probability": [round(min(one.chance, 1.0), 4) for one in seen.values()],
        "depth": [one.depth for one in seen.values()],
    }


def _shapes(seen: dict[str, Seen]) -> NDArray[Any]:
    found = np.empty(len(seen), dtype=object)
    found[:] = [one.shape for one in seen.values()]
    return found


VARIED = (
    "storm",
    "rain_factor",
    "roughness_factor",
    "drainage_mm_h",
    "soil_mm_h",
    "initial_loss_mm",
    "building_rise_m",
)
TOLD = ("rain_m3", "flooded_area_m2", "flooded_buildings", "closed_road_links", "max_depth_m", "mass_error")


def _members(run: RunContext, members: list[RunRow], weights: NDArray[np.float64]) -> None:
    told = [one.outputs or {} for one in members]
    varied = [{name: one.inputs.get(name) for name in VARIED} for one in members]
    run.write_features(
        "flood_member",
        Features(
            {
                "member": [one.member for one in members],
                "member_run": [str(one.id) for one in members],
                "weight": (weights / weights.sum()).tolist(),
                "state": [one.state for one in members],
                "varied": [orjson.dumps(one).decode() for one in varied],
                **{name: [one.get(name) for one in told] for name in TOLD},
            },
            None,
        ),
    )
