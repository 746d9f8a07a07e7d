"""OGC API - Coverages: the raster of a layer as GeoTIFF or CoverageJSON, whole or a window of it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.responses import Response

from twin.files import cog
from twin.ogc import parameters
from twin.ogc.answers import answer, document
from twin.ogc.ground import box
from twin.ogc.links import COVERAGEJSON, GEOTIFF
from twin.ogc.problems import bad_value, clip, no_resource
from twin.ogc.router import Router
from twin.ogc.selection import read_crs
from twin.store import artifacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.catalog.spec import Layer
    from twin.ogc.door import Visit
    from twin.store.artifacts import Artifact

    type Bounds = tuple[float, float, float, float]

router = Router()
FORMS = {"GTiff": GEOTIFF, "json": COVERAGEJSON}
MAX_CELLS = 250_000
_AXIS = re.compile(r"(E|N|Lon|Lat|X|Y)\(([^():]+):([^():]+)\)", re.IGNORECASE)


@router.get("/collections/{name}/coverage")
async def coverage(name: str, visit: Visit) -> Response:
    """The newest raster, or that of ``run``; ``bbox`` or ``subset`` cut a window of it."""
    layer = visit.layer(name, "coverage")
    known = ("bbox", "bbox-crs", "subset", "datetime", *(("run",) if layer.is_result else ()))
    query = parameters.read(visit.request, *known)
    form = parameters.form(visit.request, query, FORMS, default="GTiff")
    found = await _artifact(visit, layer, query)
    window = _window(query, found)
    source = visit.request.app.state.artifacts.path(found.name)
    if form == "GTiff":
        body = await anyio.to_thread.run_sync(_tiff, source, window, found)
        said = {
            "content-disposition": f'attachment; filename="{layer.name}.tif"',
            "content-crs": _epsg(found),
        }
        return answer(visit, body, GEOTIFF, headers=said, tagged=True)
    data = await anyio.to_thread.run_sync(_json, source, window, layer, found, visit)
    return document(visit, data, COVERAGEJSON, tagged=True)


async def _artifact(visit: Visit, layer: Layer, query: Mapping[str, str]) -> Artifact:
    run = parameters.identifier("run", query["run"]) if "run" in query else None
    moment = None
    if "datetime" in query:
        if layer.raster is None or not layer.raster.time:
            raise bad_value("datetime", "该栅格没有时间。", "the raster has no time.")
        moment = parameters.moment("datetime", query["datetime"])
    async with visit.store.transaction(visit.actor) as conn:
        found = await artifacts.acurrent(conn, layer, run=run, at=moment)
    if found is None:
        raise no_resource(
            "run" if run else "collectionId", "该集合还没有栅格。", "the collection has no such raster yet."
        )
    return found


def _window(query: Mapping[str, str], found: Artifact) -> Bounds | None:
    """The window asked for, in the raster's CRS; refuses one that misses the raster."""
    if "bbox" in query and "subset" in query:
        raise bad_value("subset", "bbox 与 subset 只能用一个。", "give either bbox or subset.")
    if "bbox" in query:
        crs = read_crs("bbox-crs", query.get("bbox-crs"), found.srid)
        west, south, east, north = parameters.numbers("bbox", query["bbox"], (4,))
        outline = box((west, south, east, north), crs, found.srid)
        if outline.is_empty:
            raise _misses("bbox")
        window: Bounds = outline.bounds
    elif "subset" in query:
        window = _subset(query["subset"], found)
    else:
        return None
    bounds = found.bounds
    if window[2] <= bounds[0] or window[0] >= bounds[2] or window[3] <= bounds[1] or window[1] >= bounds[3]:
        raise _misses("bbox" if "bbox" in query else "subset")
    return window


def _subset(text: str, found: Artifact) -> Bounds:
    """``E(low:high),N(low:high)`` in the raster's CRS."""
    bounds = list(found.bounds)
    seen: set[int] = set()
    for part in text.split(","):
        match = _AXIS.fullmatch(part.strip())
        if match is None:
            shown = clip(part, 30)
            raise bad_value(
                "subset",
                f"“{shown}”无法读懂；写作 E(500000:501000),N(2540000:2541000)。",
                f'"{shown}" cannot be read; write E(500000:501000),N(2540000:2541000).',
            )
        axis = 0 if match[1].upper() in ("E", "LON", "X") else 1
        low, high = parameters.numbers("subset", f"{match[2]},{match[3]}", (2,))
        if axis in seen or low >= high:
            raise bad_value("subset", "每个轴给一次，且低值在前。", "give each axis once, its low end first.")
        seen.add(axis)
        bounds[axis], bounds[axis + 2] = low, high
    return bounds[0], bounds[1], bounds[2], bounds[3]


def _misses(name: str) -> Exception:
    return bad_value(name, "所要范围与栅格不相交。", "what is asked for does not meet the raster.")


def _tiff(source: Any, window: Bounds | None, found: Artifact) -> bytes:
    """The file as it is stored, or its window as a COG of its own."""
    if window is None:
        return Path(source).read_bytes()
    cells, transform = cog.read(source, window)
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        target = Path(folder) / "window.tif"
        nodata = found.nodata if found.nodata is not None else -9999.0
        cog.write_cog(
            target,
            cells,
            transform=transform,
            crs=found.srid,
            nodata=nodata,
            unit=found.unit,
            dtype=found.dtype,
        )
        return target.read_bytes()


def _json(source: Any, window: Bounds | None, layer: Layer, found: Artifact, visit: Visit) -> dict[str, Any]:
    """CoverageJSON 1.0 (OGC 21-069r2): a Grid domain of cell centres and one float range."""
    cells, transform = cog.read(source, window)
    if cells.size > MAX_CELLS:
        raise bad_value(
            "bbox",
            f"窗口有 {cells.size} 个格网，超过 {MAX_CELLS}；请缩小 bbox 或用 f=GTiff。",
            f"the window has {cells.size} cells, more than {MAX_CELLS}; ask for a smaller bbox or f=GTiff.",
        )
    x, y = cog.axes(cells, transform)
    raster = layer.raster
    said = {visit.language: (raster.quantity if raster else layer.title)[visit.language]}
    return {
        "type": "Coverage",
        "domain": {
            "type": "Domain",
            "domainType": "Grid",
            "axes": {"x": {"values": x.tolist()}, "y": {"values": y.tolist()}},
            "referencing": [
                {
                    "coordinates": ["x", "y"],
                    "system": {"type": "ProjectedCRS", "id": _epsg(found).strip("<>")},
                }
            ],
        },
        "parameters": {
            layer.name: {
                "type": "Parameter",
                "description": {visit.language: layer.description[visit.language]},
                "unit": {"symbol": raster.unit if raster else ""},
                "observedProperty": {"label": said},
            }
        },
        "ranges": {
            layer.name: {
                "type": "NdArray",
                "dataType": "float",
                "axisNames": ["y", "x"],
                "shape": list(cells.shape),
                "values": cog.plain_values(cells),
            }
        },
    }


def _epsg(found: Artifact) -> str:
    return f"<http://www.opengis.net/def/crs/EPSG/0/{found.srid}>"
