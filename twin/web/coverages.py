"""``/coverages/{layer}``: the raster as it is stored (a COG, in ranges), and its value at a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import anyio
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from twin.errors import TwinError
from twin.text import Text
from twin.web import numbers, ranges
from twin.web.answers import VARY, json_response
from twin.web.parameters import StrictRoute
from twin.web.service import actor, language, service
from twin.web.tilejson import told_moment
from twin.web.tiles import check_run, check_time, has_times
from twin.web.told import about

if TYPE_CHECKING:
    import datetime as datetimes
    from collections.abc import AsyncIterator
    from pathlib import Path

    from twin.catalog.spec import Layer
    from twin.store.artifacts import Artifact

CHUNK = 256 * 1024
MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
router = APIRouter(route_class=StrictRoute)


@router.get(
    "/coverages/{layer}",
    **about(
        "下载栅格（COG）",
        "Download the raster as a COG",
        "coverages",
        problems=(404, 416),
        success=(200, 206, 304),
        media=MEDIA_TYPE,
        headers=("Range", "If-None-Match"),
    ),
)
async def download(
    request: Request, layer: str, run: UUID | None = None, datetime: str | None = None
) -> Response:
    found, raster = await _raster(request, layer, run, numbers.moment(datetime))
    headers = {
        "etag": f'"{raster.sha256}"',
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache" if actor(request).role != "anonymous" else "no-cache",
        "vary": VARY,
        "content-disposition": f'attachment; filename="{found.name}.tif"',
    }
    if ranges.matches(request.headers.get("if-none-match"), raster.sha256):
        return Response(status_code=304, headers=headers)
    first, last, status = _part(request, raster, headers)
    headers["content-length"] = str(last - first + 1)
    path = await service(request).rasters.path(raster)
    return StreamingResponse(
        _bytes(path, first, last), status_code=status, headers=headers, media_type=MEDIA_TYPE
    )


def _part(request: Request, raster: Artifact, headers: dict[str, str]) -> tuple[int, int, int]:
    """First and last byte to send and the status; raises TWIN-338 (416) for a range beyond the end."""
    header = request.headers.get("range")
    unchanged = request.headers.get("if-range", f'"{raster.sha256}"') == f'"{raster.sha256}"'
    try:
        part = ranges.parse(header, raster.size) if unchanged else None
    except ranges.UnsatisfiableError:
        raise TwinError(
            "TWIN-338",
            f"范围超出文件，文件共 {raster.size} 字节",
            f"the range lies beyond the file's {raster.size} bytes",
            status=416,
            where="range",
        ) from None
    if part is None:
        return 0, raster.size - 1, 200
    headers["content-range"] = f"bytes {part[0]}-{part[1]}/{raster.size}"
    return *part, 206


async def _bytes(path: Path, first: int, last: int) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(first)
        left = last - first + 1
        while left > 0:
            chunk = await file.read(min(CHUNK, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk


@router.get(
    "/coverages/{layer}/value",
    **about(
        "读取一点的值",
        "Read the value at a place",
        "coverages",
        detail=Text(
            "栅格以外与无数据处 value 为 null。",
            "Outside of the raster and where it has no data, value is null.",
        ),
        problems=(404,),
        example={"value": 0.42, "unit": "m", "quantity": "Maximum depth", "lon": 116.5, "lat": 31.75},
    ),
)
async def value(
    request: Request,
    layer: str,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    run: UUID | None = None,
    datetime: str | None = None,
) -> Response:
    found, raster = await _raster(request, layer, run, numbers.moment(datetime))
    number = await service(request).rasters.value(raster, lon, lat)
    declared = found.raster
    return json_response(
        {
            "value": number,
            "unit": declared.unit if declared else None,
            "quantity": declared.quantity[language(request)] if declared else None,
            "lon": lon,
            "lat": lat,
        }
    )


@router.get(
    "/coverages/{layer}/series",
    **about(
        "读取一点随时间的值",
        "Read the values at a place over time",
        "coverages",
        detail=Text(
            "有时间的图层在一点的过程线；times 与 values 一一对应。",
            "The hydrograph of a layer with time at a place: one of values for each of times.",
        ),
        problems=(404,),
        example={
            "times": ["2026-07-05T06:00:00Z", "2026-07-05T06:05:00Z"],
            "values": [0.0, 0.12],
            "unit": "m",
            "quantity": "Depth",
            "lon": 116.5,
            "lat": 31.75,
        },
    ),
)
async def series(
    request: Request,
    layer: str,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    run: UUID | None = None,
) -> Response:
    doors, who = service(request), actor(request)
    found = doors.views.of(who).layer(layer, "coverage")
    check_run(found, run)
    if not has_times(found):
        raise TwinError(
            "TWIN-337",
            f"图层 {layer} 的栅格没有时间，没有过程线",
            f"the rasters of layer {layer} have no time and no series",
            where="layer",
        )
    frames = [frame for frame in await doors.rasters.frames(who, found, run) if frame.valid_from is not None]
    if not frames:
        raise _missing(layer, run)
    declared = found.raster
    return json_response(
        {
            "times": [told_moment(frame.valid_from) for frame in frames if frame.valid_from is not None],
            "values": await doors.rasters.values(frames, lon, lat),
            "unit": declared.unit if declared else None,
            "quantity": declared.quantity[language(request)] if declared else None,
            "lon": lon,
            "lat": lat,
        }
    )


async def _raster(
    request: Request, name: str, run: UUID | None, at: datetimes.datetime | None
) -> tuple[Layer, Artifact]:
    """The layer and the raster that answers; raises TWIN-330, TWIN-331, TWIN-335 (404), TWIN-333 and TWIN-337."""
    doors, who = service(request), actor(request)
    layer = doors.views.of(who).layer(name, "coverage")
    check_run(layer, run)
    check_time(layer, at)
    raster = await doors.rasters.current(who, layer, run, at)
    if raster is None:
        raise _missing(name, run)
    return layer, raster


def _missing(name: str, run: UUID | None) -> TwinError:
    return TwinError(
        "TWIN-335",
        f"图层 {name} 没有这样的栅格；先导入，或运行其模拟",
        f"layer {name} has no such raster; import one, or run its process",
        status=404,
        where="run" if run else "layer",
    )
