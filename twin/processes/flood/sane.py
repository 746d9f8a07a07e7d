"""Whether what is asked and what the layers hold can be meant: refused where it cannot, told where it is doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import TwinError
from twin.processes.flood.rim import edges_of
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from affine import Affine
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.engines.flood import Inflow, Rain
    from twin.processes.flood.inputs import FloodInputs

    Grid = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

LOWEST_M, HIGHEST_M = (
    -500.0,
    9000.0,
)  # of the land's surface, the Dead Sea's shore and Mount Everest well inside
ABOVE_M = 30.0  # a level this far above all ground of the area is one of another datum or unit
DRIZZLE_MM_H = 0.1  # rain that never passes this floods nothing: it is one of another unit
MISSED = 0.02  # share of the asked area without terrain that is told of


def elevations(z: Grid) -> None:
    """Raises ``TwinError`` TWIN-681 where the terrain holds elevations that no land has."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    wrong = low if low < LOWEST_M else high
    if low >= LOWEST_M and high <= HIGHEST_M:
        return
    raise TwinError(
        "TWIN-681",
        f"地形中有 {wrong:g} m 的高程；请核对单位（应为米），并把无数据值写入栅格后重新导入。",
        f"The terrain holds an elevation of {wrong:g} m; check its unit (metres), declare its no-data value and import it again.",
        status=422,
        where="terrain",
    )


def levels(inputs: FloodInputs, z: Grid) -> None:
    """Raises ``TwinError`` TWIN-680 where a level stands far above all ground, as those of another datum or unit do."""
    most = float(np.nanmax(z)) + ABOVE_M
    asked = [
        (f"boundaries.{number}.values", max(stretch.values))
        for number, stretch in enumerate(inputs.boundaries)
        if stretch.kind in ("level", "open_water") and stretch.values
    ]
    if inputs.initial_water.where != "dry" and inputs.initial_water.level_m is not None:
        asked.append(("initial_water.level_m", inputs.initial_water.level_m))
    for where, level in asked:
        if level > most:
            raise TwinError(
                "TWIN-680",
                f"水位 {level:g} m 比计算范围内最高的地面还高 {level - most + ABOVE_M:.0f} m；请核对单位（应为米）和高程基准。",
                f"The level of {level:g} m stands {level - most + ABOVE_M:.0f} m above the highest ground of the area; check "
                "its unit (metres) and datum.",
                status=422,
                where=where,
            )


def of_ground(
    inputs: FloodInputs, z: Grid, cell: float, box: tuple[float, float, float, float] | None
) -> Iterator[Text]:
    """Remarks on cells and terrain; ``z`` as read, NaN where there is none; ``box`` the asked area (city CRS)."""
    if inputs.cell_m is not None and abs(cell / inputs.cell_m - 1.0) > 0.01:
        yield Text(
            zh=f"按 {cell:g} m 网格计算：地形网格的整数倍，且不比它更细。",
            en=f"Computed on cells of {cell:g} m: a multiple of the terrain's own, and no finer.",
        )
    covered = float(np.isfinite(z).sum()) * cell**2
    whole = z.size * cell**2 if box is None else max((box[2] - box[0]) * (box[3] - box[1]), covered)
    if covered < (1.0 - MISSED) * whole:
        share = 1.0 - covered / whole
        yield Text(
            zh=f"计算范围的 {share:.0%} 没有地形，未参与计算。",
            en=f"{share:.0%} of the area has no terrain and was not computed.",
        )
    holes, cells = enclosed(z)
    if holes:
        yield Text(
            zh=f"地形中有 {holes} 处空洞（{int(cells.sum()) * cell**2:g} m2）四周都是地面：按不透水处理，其上的降雨不计。",
            en=f"The terrain has {holes} holes ({int(cells.sum()) * cell**2:g} m2) with ground all around them: they are closed "
            "to water, and rain on them is not counted.",
        )


def enclosed(z: Grid) -> tuple[int, Mask]:
    """Number and cells of the holes (NaN) that do not reach the rim of the grid."""
    from scipy.ndimage import label

    part, count = label(np.isnan(z))
    if not count:
        return 0, np.zeros(z.shape, bool)
    rim = np.unique(np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]]))
    inner = np.setdiff1d(np.arange(1, count + 1), rim)
    return inner.size, np.isin(part, inner)


def of_rain(rain: Rain | None, duration_s: float) -> Iterator[Text]:
    """Remarks on rain after the end, and on rain so light that its unit is in doubt."""
    if rain is None:
        return
    values = np.asarray(rain.intensity_mm_h, np.float64).reshape(len(rain.times_s), -1)
    peak = float(values.max(initial=0.0))
    if 0.0 < peak < DRIZZLE_MM_H:
        yield Text(
            zh=f"雨强最大只有 {peak:.2g} mm/h；请核对单位（应为 mm/h）。",
            en=f"The rain never exceeds {peak:.2g} mm/h; check its unit (mm/h).",
        )
    ends = np.append(rain.times_s[1:], max(float(rain.times_s[-1]), duration_s))
    mean = values.mean(axis=1)
    total = float((mean * (ends - rain.times_s)).sum())
    within = float((mean * np.maximum(np.minimum(ends, duration_s) - rain.times_s, 0.0)).sum())
    if total > 0.0 and within < 0.999 * total:
        yield Text(
            zh=f"{1.0 - within / total:.0%} 的雨量落在模拟时段之后，未参与计算。",
            en=f"{1.0 - within / total:.0%} of the rain falls after the end of the run and was not computed.",
        )


def of_water(
    inputs: FloodInputs,
    inflows: tuple[Inflow, ...],
    z: Grid,
    transform: Affine,
    to_city: Transformer,
    duration_s: float,
) -> Iterator[Text]:
    """Remarks on inflows after the end, and on levels that let no water in."""
    late = sum(float(one.times_s[0]) >= duration_s for one in inflows)
    if late:
        yield Text(
            zh=f"{late} 处入流始于模拟结束之后，未起作用。",
            en=f"{late} inflows begin after the end of the run and had no effect.",
        )
    for number, stretch in enumerate(inputs.boundaries, 1):
        if stretch.kind != "level" or not stretch.values:
            continue
        sides = {"north": z[0], "south": z[-1], "west": z[:, 0], "east": z[:, -1]}
        lowest = min(
            float(np.nanmin(sides[edge.side][edge.start : edge.stop]))
            for edge in edges_of(stretch, transform, np.isfinite(z), to_city)
        )
        if max(stretch.values) <= lowest:
            name = stretch.name or str(number)
            yield Text(
                zh=f"水位边界“{name}”始终低于沿线最低的地面（{lowest:.2f} m）：不进水，只出水。",
                en=f'The level of the boundary "{name}" stays below the lowest ground along it ({lowest:.2f} m): water leaves '
                "there, and none comes in.",
            )


def of_observed(inputs: FloodInputs, duration_s: float, begun_s: float = 0.0) -> Iterator[Text]:
    """Remarks on observations that all lie outside the computed time."""
    names = [
        one.name
        for one in inputs.observed
        if not any(begun_s <= 60.0 * minute <= duration_s for minute in one.times_min)
    ]
    if names:
        listed = ", ".join(names[:5])
        yield Text(
            zh=f"{len(names)} 处观测全部在模拟时段之外，未作比较：{listed}。",
            en=f"{len(names)} series of observations lie outside the run's time and were not compared: {listed}.",
        )
