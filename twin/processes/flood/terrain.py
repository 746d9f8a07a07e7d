"""The bed: terrain of the area, break lines burnt in, and the what-if edits of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine

from twin.city.breakline import band, hold, let
from twin.city.surface import burn
from twin.errors import TwinError
from twin.processes.flood.edits import OpeningEdit, PondEdit, TerrainEdit, WallEdit
from twin.processes.flood.geometry import Area, in_city

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.catalog.spec import Vocabulary
    from twin.processes.context import Features, Raster, RunContext
    from twin.processes.flood.inputs import FloodInputs

    Floats = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

MAX_CELLS = 40_000_000


@dataclass
class Bed:
    """The ground while it is being made: elevations (rows, cols), m, row 0 north; ``opened`` are the cells that an
    opening or underpass leads through, buildings or not."""

    z: Floats
    transform: Affine
    opened: Mask

    @property
    def shape(self) -> tuple[int, int]:
        return self.z.shape[0], self.z.shape[1]

    def inside(self, shape: Any) -> Mask:
        """Cells whose centre a polygon covers."""
        return burn([shape], [1], self.transform, self.shape, fill=0, dtype="uint8") > 0


def read_terrain(
    inputs: FloodInputs, run: RunContext, box: tuple[float, float, float, float] | None
) -> tuple[NDArray[np.float32], Affine]:
    """The terrain of the area on cells of the asked size.

    Raises ``TwinError`` TWIN-520 (no terrain), TWIN-521 (area outside it), TWIN-522 (too many cells).
    """
    raster = run.raster("terrain", bbox=box)
    if raster is None:
        raise TwinError(
            "TWIN-520",
            "计算范围内没有地形；请用 twin import FILE --layer terrain 导入。",
            "There is no terrain in the area; import one: twin import FILE --layer terrain.",
            status=422,
            where="bbox" if box else "terrain",
        )
    factor = max(1, round((inputs.cell_m or raster.cell) / raster.cell))
    z, transform = _coarser(raster, factor)
    if not np.isfinite(z).any():
        raise TwinError(
            "TWIN-521",
            "计算范围落在地形数据之外。",
            "The area lies outside the terrain's data.",
            status=422,
            where="bbox",
        )
    if z.size > MAX_CELLS:
        raise TwinError(
            "TWIN-522",
            f"计算网格 {z.size} 个，超过 {MAX_CELLS}；请缩小范围或加大 cell_m。",
            f"The grid has {z.size} cells, more than {MAX_CELLS}; take a smaller area or a larger cell_m.",
            status=422,
            where="cell_m",
        )
    return z, transform


def _coarser(raster: Raster, factor: int) -> tuple[NDArray[np.float32], Affine]:
    """Means of ``factor`` x ``factor`` cells; a block with any hole is a hole."""
    z = np.ascontiguousarray(raster.array, dtype=np.float32)
    if factor == 1:
        return z, raster.transform
    rows, columns = z.shape[0] // factor, z.shape[1] // factor
    blocks = z[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    means = blocks.mean(axis=(1, 3), dtype=np.float64).astype(np.float32)
    return means, raster.transform @ Affine.scale(factor)


def burn_lines(bed: Bed, lines: Features, kinds: Vocabulary) -> None:
    """Lay the break lines of the layer into the bed: first what keeps water back, then what lets it through.

    A line with neither level nor height has no effect; one of planned works (status ``planned``) neither.
    """
    has = lines.columns
    rows = [i for i in range(len(lines.shapes)) if has["status"][i] != "planned"]
    raises = {code: bool(term.values.get("raises", 1.0)) for code, term in kinds.terms.items()}
    for up in (True, False):
        for i in rows:
            if raises.get(has["kind"][i], True) is not up:
                continue
            width = float(has["width"][i] or 0.0)
            cells = band(lines.shapes[i], width, bed.transform, bed.shape, tight=up)
            level, height = has["crest_elevation"][i], has["height"][i]
            bed.z = hold(bed.z, cells, level, height) if up else let(bed.z, cells, level, height)
            if not up:
                bed.opened |= cells


def apply_edits(bed: Bed, inputs: FloodInputs, run: RunContext, to_city: Transformer) -> None:
    """Apply the edits of the ground in their order, each on what the ones before have left.

    Raises ``TwinError`` TWIN-526 (no such road) and TWIN-527 (an edit beside the area).
    """
    for number, edit in enumerate(inputs.edits):
        where = f"edits.{number}"
        if isinstance(edit, TerrainEdit):
            cells = _edited(bed, edit, run, to_city, where)
            bed.z = np.where(cells, _moved(bed.z, edit), bed.z)
        elif isinstance(edit, PondEdit):
            cells = _meeting(bed.inside(in_city(edit.geometry, to_city)), bed, where)
            bed.z = let(bed.z, cells, edit.bottom_m, edit.depth_m)
        elif isinstance(edit, WallEdit | OpeningEdit):
            wall = isinstance(edit, WallEdit)
            width = 0.0 if isinstance(edit, WallEdit) else edit.width_m or 0.0
            line = in_city(edit.geometry, to_city)
            cells = _meeting(band(line, width, bed.transform, bed.shape, tight=wall), bed, where)
            if isinstance(edit, WallEdit):
                bed.z = hold(bed.z, cells, edit.crest_m, edit.height_m)
            else:
                bed.z = let(bed.z, cells, edit.bottom_m, edit.depth_m)
                bed.opened |= cells


def _moved(z: Floats, edit: TerrainEdit) -> Floats:
    value = edit.value_m
    match edit.action:
        case "raise_by":
            return z + value
        case "lower_by":
            return z - value
        case "raise_to":
            return np.maximum(z, value)
        case "lower_to":
            return np.minimum(z, value)
        case _:
            return np.where(np.isnan(z), z, value)


def _edited(bed: Bed, edit: TerrainEdit, run: RunContext, to_city: Transformer, where: str) -> Mask:
    """The cells of a road, line or polygon."""
    width = edit.width_m or 0.0
    if isinstance(edit.geometry, Area):
        return _meeting(bed.inside(in_city(edit.geometry, to_city)), bed, where)
    if edit.geometry is not None:
        line = in_city(edit.geometry, to_city)
    else:
        line, own = _road(edit.road or "", run, f"{where}.road")
        width = width or own
    return _meeting(band(line, width, bed.transform, bed.shape, tight=True), bed, where)


def _road(code: str, run: RunContext, where: str) -> tuple[Any, float]:
    """Line and width (m) of a road link."""
    links = run.features("road_link", columns=["code", "width"])
    found = [i for i, known in enumerate(links.columns["code"]) if known == code]
    if not found:
        raise missing("road_link", code, where)
    return links.shapes[found[0]], float(links.columns["width"][found[0]] or 0.0)


def missing(layer: str, code: str, where: str) -> TwinError:
    """The refusal of an edit that names what the layer does not have."""
    return TwinError(
        "TWIN-526",
        f"图层“{layer}”中没有编号“{code[:80]}”；请核对编号。",
        f'The layer "{layer}" has no "{code[:80]}"; check the code.',
        status=422,
        where=where,
    )


def _meeting(cells: Mask, bed: Bed, where: str) -> Mask:
    """``cells``, which must be of the computed ground."""
    found = cells & np.isfinite(bed.z)
    if not found.any():
        raise TwinError(
            "TWIN-527",
            "所绘范围没有落在计算网格的任何单元上；请核对位置（CRS84 经纬度）或加大范围。",
            "What is drawn meets no cell of the computed ground; check the place (CRS84 longitude and latitude) or draw "
            "it larger.",
            status=422,
            where=where,
        )
    return found


def changed(before: Floats, after: Floats, cell: float) -> tuple[float, float]:
    """Earth moved between two beds: filled and dug (m3)."""
    difference = np.nan_to_num(after - before).astype(np.float64)
    return (
        float(difference[difference > 0].sum()) * cell**2,
        float(-difference[difference < 0].sum()) * cell**2,
    )
