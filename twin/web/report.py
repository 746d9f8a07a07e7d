"""``/runs/{id}/report``: one page on a run, for whoever may see the run's layers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import anyio
import anyio.to_thread
from fastapi import APIRouter
from psycopg import sql
from starlette.requests import Request
from starlette.responses import Response

from twin.actions import runs
from twin.errors import TwinError
from twin.processes.flood import report as flood
from twin.store import features
from twin.store.statement import Query
from twin.text import Text
from twin.web import ranges
from twin.web.answers import VARY
from twin.web.parameters import StrictRoute
from twin.web.run_view import REPORTED, written
from twin.web.service import actor, language, service
from twin.web.told import about

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.access.actor import Actor
    from twin.actions.run_row import RunRow
    from twin.processes.flood.report import Facts, Wanted
    from twin.text import Language
    from twin.web.service import Service
    from twin.web.visible import View

    type Box = tuple[float, float, float, float]

router = APIRouter(route_class=StrictRoute)
# Nothing is fetched and nothing runs: styles and pictures stand in the page itself.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_drawing = anyio.CapacityLimiter(1)


@router.get(
    "/runs/{id}/report",
    **about(
        "运行的一页报告（HTML，可打印）",
        "A report of a run on one page (HTML, to print)",
        "runs",
        detail=Text(
            "自包含的网页，含地图与图表；可见性与运行的结果图层一致，无权读取的部分略去。",
            "A page that needs nothing else, with maps and charts; seen by whoever may see the run's layers, without "
            "the parts that one may not.",
        ),
        problems=(404, 409),
        success=(200, 304),
        media="text/html",
        headers=("If-None-Match",),
    ),
)
async def run_report(request: Request, id: UUID) -> Response:
    doors, who, chosen = service(request), actor(request), language(request)
    run = await runs.areadable(doors.store, who, id)
    if run.process not in REPORTED or not written(run, doors.catalog, who):
        raise TwinError(
            "TWIN-339",
            f"运行 {id} 没有报告",
            f"there is no report of run {id}",
            status=404,
            where="id",
        )
    key = ("report", id, chosen, who.role, *(doors.versions.of(one.layer) for one in flood.GROUND))
    page = await doors.tiles.cache.get(key, partial(_page, doors, who, run, chosen))
    headers = {
        "etag": f'"{page.etag.decode("ascii")}"',
        "cache-control": "private, no-cache",
        "vary": VARY,
        "content-security-policy": POLICY,
        "content-disposition": f'inline; filename="{run.process}-{id}.html"',
    }
    if ranges.matches(request.headers.get("if-none-match"), page.etag.decode("ascii")):
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type="text/html; charset=utf-8")


async def _page(doors: Service, who: Actor, run: RunRow, chosen: Language) -> bytes:
    facts = await _facts(doors, who, run, chosen)
    return await anyio.to_thread.run_sync(lambda: flood.render(facts).encode(), limiter=_drawing)


async def _facts(doors: Service, who: Actor, run: RunRow, chosen: Language) -> Facts:
    view = doors.views.of(who)
    rasters, bounds = {}, None
    for name in flood.RASTERS:
        layer = view.layers.get(name)
        found = await doors.rasters.current(who, layer, run.id) if layer is not None else None
        if found is not None:
            rasters[name], bounds = await doors.rasters.path(found), found.bounds
    rows = await _rows(doors, who, view, flood.RESULTS, run.id, None)
    if bounds is not None:
        rows |= await _rows(doors, who, view, flood.GROUND, None, bounds)
    return flood.Facts(
        run=str(run.id),
        version=run.code_version,
        ended=run.ended,
        inputs=run.inputs,
        outputs=run.outputs or {},
        rows=rows,
        rasters=rasters,
        bounds=bounds,
        people="people" in view.columns.get("flood_building", ()),
        catalog=doors.catalog,
        language=chosen,
    )


async def _rows(
    doors: Service, who: Actor, view: View, wanted: Iterable[Wanted], run: UUID | None, bounds: Box | None
) -> dict[str, list[dict[str, Any]]]:
    """The rows of those layers that the reader may see, with those of their columns that he may."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with doors.store.transaction(who) as conn:
        for one in wanted:
            if one.layer not in view.layers or not set(one.columns) <= set(view.columns[one.layer]):
                continue
            asked = Query(
                view.layers[one.layer],
                columns=one.columns,
                sortby=one.sortby,
                limit=one.limit,
                run=run,
                bbox=bounds,
                bbox_srid=doors.store.srid,
                out_srid=doors.store.srid,
                digits=1,
                geometry=one.shape,
                filter=_among(one),
            )
            found[one.layer] = [
                dict(zip(asked.names, row, strict=True)) for row in await features.aread(conn, asked)
            ]
    return found


def _among(one: Wanted) -> sql.Composable | None:
    if one.filter is None:
        return None
    column, values = one.filter
    return sql.SQL("{} = ANY ({})").format(sql.Identifier(column), sql.Literal(list(values)))
