"""``/tiles/{layer}/{z}/{x}/{y}``: vector tiles of features, picture tiles of coverages.

The hottest address of the service, so a plain ASGI application: no request object, no model, one dictionary
look-up for a warm tile. What is kept is keyed by the layer's data version and by who may see it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from twin.errors import TwinError
from twin.store import names
from twin.store.tilecache import Tile
from twin.text import Text
from twin.web import numbers, parameters, ranges
from twin.web.service import service_of
from twin.web.style import zooms
from twin.web.told import About, Plain

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from starlette.types import Receive, Scope, Send

    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.web.service import Service

    Address = tuple[int, int, int]
    Headers = list[tuple[bytes, bytes]]

KNOWN = frozenset({"run"})
KNOWN_IN_TIME = frozenset({"run", "datetime"})
VARY = (b"vary", b"accept-encoding, authorization, x-api-key")


class TileDoor:
    """What vector and picture tiles have in common: reading the address, answering with validators."""

    kinds: tuple[str, ...]
    media_type: bytes
    packs: bool
    known = KNOWN

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        doors, actor, path = service_of(scope), scope["state"]["actor"], scope["path_params"]
        layer = doors.views.of(actor).layer(path["layer"], *self.kinds)
        address = numbers.tile_address(path["z"], path["x"], path["y"])
        asked = parameters.query(scope["query_string"], self.known)
        run, at = numbers.run_id(asked.get("run")), numbers.moment(asked.get("datetime"))
        check_zoom(layer, address[0])
        check_run(layer, run)
        check_time(layer, at)
        tile = await self.tile(doors, actor, layer, address, run, at)
        await self._answer(scope, send, tile, private=actor.role != "anonymous")

    async def tile(
        self,
        doors: Service,
        actor: Actor,
        layer: Layer,
        address: Address,
        run: UUID | None,
        at: datetime | None,
    ) -> Tile:
        """The finished tile; its body is empty where there is nothing to draw."""
        raise NotImplementedError

    async def _answer(self, scope: Scope, send: Send, tile: Tile, *, private: bool) -> None:
        headers = [VARY, (b"cache-control", b"private, no-cache" if private else b"no-cache")]
        if not tile.body:
            await _send(send, 204, headers, b"")
            return
        wanted, gzips = _asked(scope)
        body, etag = tile.body, tile.etag
        packed = tile.gzipped() if self.packs and gzips else None
        if packed is not None:
            body, etag = packed, etag + b"-gz"
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"etag", b'"' + etag + b'"'))
        if wanted is not None and ranges.matches(wanted, tile.etag.decode("ascii")):
            await _send(send, 304, headers, b"")
            return
        headers += [(b"content-type", self.media_type), (b"content-length", str(len(body)).encode("ascii"))]
        await _send(send, 200, headers, body)


class VectorTiles(TileDoor):
    kinds = ("features",)
    media_type = b"application/vnd.mapbox-vector-tile"
    packs = True
    known = KNOWN_IN_TIME

    async def tile(
        self,
        doors: Service,
        actor: Actor,
        layer: Layer,
        address: Address,
        run: UUID | None,
        at: datetime | None,
    ) -> Tile:
        columns = doors.views.of(actor).columns[layer.name]
        return await doors.tiles.get(actor, layer, columns, address, run, at)


class PictureTiles(TileDoor):
    kinds = ("coverage",)
    media_type = b"image/png"
    packs = False
    known = KNOWN_IN_TIME

    async def tile(
        self,
        doors: Service,
        actor: Actor,
        layer: Layer,
        address: Address,
        run: UUID | None,
        at: datetime | None,
    ) -> Tile:
        raster = await doors.rasters.current(actor, layer, run, at)
        if raster is None:
            return Tile.of(b"")
        key = (layer.name, raster.sha256, address)
        return await doors.tiles.cache.get(key, partial(doors.rasters.picture, raster, layer, address))


def check_zoom(layer: Layer, zoom: int) -> None:
    """Raises TWIN-332 (404) outside of the layer's zoom levels."""
    first, last = zooms(layer)
    if not first <= zoom <= last:
        raise TwinError(
            "TWIN-332",
            f"图层 {layer.name} 的瓦片级别为 {first} 至 {last}",
            f"layer {layer.name} has tiles at zoom levels {first} to {last}",
            status=404,
            where="z",
        )


def check_run(layer: Layer, run: UUID | None) -> None:
    """Raises TWIN-333 for a run asked of a layer that no process writes."""
    if run is not None and not layer.is_result:
        raise TwinError(
            "TWIN-333",
            f"图层 {layer.name} 不是运行结果，没有 run 参数",
            f"layer {layer.name} is no result of a run and takes no parameter run",
            where="run",
        )


def check_time(layer: Layer, at: object) -> None:
    """Raises TWIN-337 for a moment asked of a layer that is the same at all times."""
    if at is not None and not has_times(layer):
        raise TwinError(
            "TWIN-337",
            f"图层 {layer.name} 不随时间变化，没有 datetime 参数",
            f"layer {layer.name} does not change over time and takes no parameter datetime",
            where="datetime",
        )


def has_times(layer: Layer) -> bool:
    """Whether the layer has a picture for each of many moments: rasters, or results with a valid time."""
    return names.in_time(layer) if layer.raster is None else layer.raster.time


def _asked(scope: Scope) -> tuple[str | None, bool]:
    """If-None-Match, and whether gzip is welcome."""
    wanted, gzips = None, False
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            wanted = value.decode("latin-1")
        elif name == b"accept-encoding":
            gzips = b"gzip" in value and b"gzip;q=0" not in value.replace(b" ", b"")
    return wanted, gzips


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0}
_PATH: dict[str, dict[str, Any]] = {
    "layer": {"type": "string"},
    "z": _NUMBER | {"maximum": numbers.LAST_ZOOM},
    "x": _NUMBER,
    "y": _NUMBER,
}
_QUERY: dict[str, dict[str, Any]] = {"run": {"type": "string", "format": "uuid"}}
_MOMENT = {"datetime": {"type": "string", "format": "date-time"}}
PLAIN = (
    Plain(
        "/tiles/{layer}/{z}/{x}/{y}.mvt",
        About(
            Text("矢量瓦片", "Vector tile"),
            "tiles",
            detail=Text(
                "WebMercatorQuad；瓦片内图层名即图层名，要素 id 即 id；概览瓦片的网格带 count；带有效时间的结果可用 "
                "datetime 取该时刻成立的要素，不给时为各时刻的全部要素。",
                "WebMercatorQuad; the layer inside bears the layer's name, feature ids are the ids; the cells of "
                "overview tiles carry count; of results with a valid time datetime leaves what holds at that moment, "
                "without it the features of all times are there.",
            ),
            problems=(404,),
            success=(200, 204, 304),
            media=VectorTiles.media_type.decode("ascii"),
            headers=("If-None-Match",),
        ),
        _PATH,
        _QUERY | _MOMENT,
    ),
    Plain(
        "/tiles/{layer}/{z}/{x}/{y}.png",
        About(
            Text("栅格图片瓦片", "Picture tile of a coverage"),
            "tiles",
            detail=Text(
                "256 像素，按图层的分级着色，第一级以下与无数据处透明；有时间的图层按 datetime 取该时刻的栅格。",
                "256 pixels, coloured by the layer's stops, transparent below the first and where there is no data; a "
                "layer with time shows the raster of the moment datetime.",
            ),
            problems=(404,),
            success=(200, 204, 304),
            media="image/png",
            headers=("If-None-Match",),
        ),
        _PATH,
        _QUERY | _MOMENT,
    ),
)
