"""Every argument is looked at before the first step; the first bad one is refused by name, with the remedy."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.inputs import Boundary, Domain, Edge, Inflow, Rain
from twin.engines.flood.problems import FloodInputError


def domain(d: Domain) -> NDArray[np.bool_]:
    """The mask of valid cells (rows, cols) of a domain that can be computed."""
    z = np.asarray(d.z)
    if z.ndim != 2 or z.size == 0:
        raise FloodInputError(
            "z", f"应为二维数组，实为 {z.shape}；请给出 (行, 列) 地形栅格。",
            f"must be a (rows, cols) array, got shape {z.shape}; pass one terrain raster.",
        )  # fmt: skip
    if np.isinf(z).any():
        raise FloodInputError(
            "z",
            "含无穷值；域外单元请用 NaN。",
            "holds infinite values; mark cells outside the domain with NaN.",
        )
    valid = ~np.isnan(z)
    if not (np.isfinite(d.cell) and d.cell > 0):
        raise FloodInputError(
            "cell", f"应为大于 0 的米数，实为 {d.cell}。", f"must be a positive size in metres, got {d.cell}."
        )
    open_cells = valid
    if d.blocked is not None:
        _shape("blocked", np.asarray(d.blocked), z.shape)
        open_cells = valid & ~np.asarray(d.blocked, dtype=bool)
    if not open_cells.any():
        raise FloodInputError(
            "z", "没有任何有效且未封闭的单元；请检查 NaN 掩膜和建筑掩膜。",
            "has no valid open cell; check the NaN mask and the blocked mask.",
        )  # fmt: skip
    _field("manning", d.manning, open_cells, above=0.0)
    for name in ("infiltration", "initial_loss", "initial_depth"):
        if getattr(d, name) is not None:
            _field(name, getattr(d, name), open_cells)
    _soil(d, open_cells)
    return valid


def _soil(d: Domain, open_cells: NDArray[np.bool_]) -> None:
    """Refuse more than one soil law, and numbers that none can have."""
    given = [name for name in ("green_ampt", "curve_number", "horton") if getattr(d, name) is not None]
    if len(given) > 1:
        raise FloodInputError(
            given[1],
            "与另一种下渗模型同时给出；只能取一种。",
            "is given beside another soil law; keep one of them.",
        )
    for name in given:
        soil = getattr(d, name)
        for part in fields(soil):
            _field(f"{name}.{part.name}", getattr(soil, part.name), open_cells)


def rain(r: Rain, shape: tuple[int, int]) -> None:
    """Refuse a rain that does not fit."""
    times = _times("rain.times_s", r.times_s)
    values = np.asarray(r.intensity_mm_h)
    if values.ndim == 0 or values.shape[0] != times.size:
        raise FloodInputError(
            "rain.intensity_mm_h", f"第一维应等于时刻数 {times.size}，实为 {values.shape}。",
            f"must have one row per time ({times.size}), got shape {values.shape}.",
        )  # fmt: skip
    _not_negative("rain.intensity_mm_h", values)
    if values.ndim == 3:
        _shape("rain.intensity_mm_h", values[0], shape)
    if (values.ndim == 2) != (r.zones is not None) or values.ndim > 3:
        raise FloodInputError(
            "rain.zones", "分区雨强 (时段, 分区) 须同时给出分区图；其他形式不应给出。",
            "a zone map goes with intensities of shape (steps, zones), and with no other shape.",
        )  # fmt: skip
    if r.zones is not None:
        zones = np.asarray(r.zones)
        _shape("rain.zones", zones, shape)
        if zones.size and (zones.min() < -1 or zones.max() >= values.shape[1]):
            raise FloodInputError(
                "rain.zones", f"分区编号应在 -1 与 {values.shape[1] - 1} 之间。",
                f"zone numbers must lie between -1 and {values.shape[1] - 1}.",
            )  # fmt: skip


def inflow(i: Inflow, number: int, open_cells: NDArray[np.bool_]) -> None:
    """Refuse an inflow that lies outside, on closed cells or has a bad series."""
    name = f"inflows[{number}]"
    rows, cols = np.atleast_1d(i.rows), np.atleast_1d(i.cols)
    if rows.shape != cols.shape or rows.ndim != 1 or rows.size == 0:
        raise FloodInputError(
            name,
            "rows 与 cols 应为等长的一维数组且不为空。",
            "rows and cols must be equally long and not empty.",
        )
    cells(f"{name}.rows/cols", rows, cols, open_cells)
    times = _times(f"{name}.times_s", i.times_s)
    values = np.asarray(i.discharge_m3_s)
    if values.shape != times.shape:
        raise FloodInputError(
            f"{name}.discharge_m3_s", f"应与时刻等长（{times.size}），实为 {values.shape}。",
            f"must have one value per time ({times.size}), got shape {values.shape}.",
        )  # fmt: skip
    _not_negative(f"{name}.discharge_m3_s", values)


def boundary(b: Boundary) -> None:
    """Refuse an edge without the values that its kind needs."""
    for number, edge in enumerate(b.edges):
        _edge(f"boundary.edges[{number}]", edge)


def gauges(points: Any, valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Gauges as an (n, 2) array of row, col."""
    array = np.asarray(list(points), dtype=np.int64).reshape(-1, 2)
    if array.size:
        cells("gauges", array[:, 0], array[:, 1], valid)
    return array


def number(name: str, value: float, low: float, high: float, *, open_low: bool = True) -> None:
    """Refuse a setting outside its range."""
    inside = np.isfinite(value) and value <= high and (value > low if open_low else value >= low)
    if not inside:
        raise FloodInputError(
            name,
            f"应在 {low:g} 与 {high:g} 之间，实为 {value}。",
            f"must lie between {low:g} and {high:g}, got {value}.",
        )


def _edge(name: str, edge: Edge) -> None:
    if edge.side not in ("west", "east", "north", "south", "outline"):
        raise FloodInputError(
            name, f"未知边 {edge.side!r}。", f"unknown side {edge.side!r}; use west, east, ..."
        )
    if edge.kind == "free":
        if edge.slope is not None:
            number(f"{name}.slope", edge.slope, 0.0, 10.0)
        return
    if edge.kind not in ("level", "discharge") or (edge.kind, edge.side) == ("discharge", "outline"):
        raise FloodInputError(
            name, "类型应为 free、level 或 discharge；outline 不能给流量。",
            "kind must be free, level or discharge; an outline takes no discharge.",
        )  # fmt: skip
    if edge.times_s is None or edge.values is None:
        raise FloodInputError(
            name, f"{edge.kind} 边须给出 times_s 和 values。", f"a {edge.kind} edge needs times_s and values."
        )
    times = _times(f"{name}.times_s", edge.times_s)
    values = np.asarray(edge.values)
    if values.shape != times.shape or not np.isfinite(values).all():
        raise FloodInputError(
            f"{name}.values", "应与时刻等长且为有限值。", "must be finite and have one value per time."
        )
    if edge.kind == "discharge":
        _not_negative(f"{name}.values", values)


def _shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise FloodInputError(
            name, f"形状 {array.shape} 与地形 {shape} 不符；请重采样到同一格网。",
            f"has shape {array.shape}, the terrain {shape}; resample it to the same grid.",
        )  # fmt: skip


def _field(name: str, value: Any, where: NDArray[np.bool_], above: float | None = None) -> None:
    array = np.asarray(value, dtype=np.float64)
    if array.ndim:
        _shape(name, array, where.shape)
        array = array[where]
    if not np.isfinite(array).all():
        raise FloodInputError(
            name, "在有效单元上含 NaN 或无穷值；请补齐。", "is NaN or infinite on valid cells; fill the gaps."
        )
    if (array <= above).any() if above is not None else (array < 0).any():
        raise FloodInputError(
            name, "应大于 0。" if above is not None else "不能为负。",
            "must be greater than 0." if above is not None else "must not be negative.",
        )  # fmt: skip


def _times(name: str, value: Any) -> NDArray[np.float64]:
    times = np.asarray(value, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise FloodInputError(
            name, "应为一维、严格递增的秒数；请排序并去除重复时刻。",
            "must be one-dimensional and strictly increasing seconds; sort them and drop repeated times.",
        )  # fmt: skip
    return times


def _not_negative(name: str, values: NDArray[Any]) -> None:
    if not np.isfinite(values).all() or (values < 0).any():
        raise FloodInputError(
            name, "应为不小于 0 的有限值；缺测请先补 0 或插值。",
            "must be finite and not negative; fill missing values first.",
        )  # fmt: skip


def cells(name: str, rows: NDArray[Any], cols: NDArray[Any], mask: NDArray[np.bool_]) -> None:
    inside = (rows >= 0) & (rows < mask.shape[0]) & (cols >= 0) & (cols < mask.shape[1])
    if not inside.all() or not mask[rows, cols].all():
        raise FloodInputError(
            name, "有点位于域外或封闭单元上；请移到有效单元。",
            "names a cell outside the domain or closed to flow; move it to an open cell.",
        )  # fmt: skip
