"""``/runs``: what was asked for, where it stands, what came out. Other people's runs do not exist here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from twin.actions import runs
from twin.actions.publish import apublish
from twin.text import Text
from twin.web.answers import json_response
from twin.web.parameters import StrictRoute
from twin.web.run_view import REPORTED, run_view, written
from twin.web.service import actor, base_url, language, service
from twin.web.told import about

if TYPE_CHECKING:
    from twin.catalog.spec import Layer

State = Literal["accepted", "running", "successful", "failed", "dismissed"]
router = APIRouter(route_class=StrictRoute)


@router.get(
    "/runs",
    **about(
        "列出自己的运行，最新在前",
        "List one's own runs, newest first",
        "runs",
        detail=Text(
            "operator 与 admin 可见全部运行；parent 列出一次集合运行的成员。",
            "Operators and administrators see everybody's; parent lists the members of an ensemble's run.",
        ),
    ),
)
async def list_runs(
    request: Request,
    process: Annotated[str | None, Query(max_length=40)] = None,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: UUID | None = None,
    parent: UUID | None = None,
) -> Response:
    doors, who, chosen = service(request), actor(request), language(request)
    found = await runs.alist_runs(
        doors.store, who, process=process, state=state, before=before, parent=parent, limit=limit
    )
    asked = {"process": process, "state": state, "parent": parent, "limit": limit}
    asked["before"] = found[-1].id if found else None
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    views = [run_view(run, doors.catalog, who, chosen) for run in found]
    return json_response({"runs": views, "next": f"/runs?{query}" if len(found) == limit else None})


@router.get("/runs/{id}", **about("查看一次运行", "Look at a run", "runs", problems=(404,)))
async def get_run(request: Request, id: UUID) -> Response:
    doors, who = service(request), actor(request)
    run = await runs.aget(doors.store, who, id)
    return json_response(run_view(run, doors.catalog, who, language(request)))


@router.delete(
    "/runs/{id}",
    **about(
        "取消运行；其结果不会出现",
        "Dismiss a run; nothing of it becomes visible",
        "runs",
        problems=(404, 409),
    ),
)
async def dismiss_run(request: Request, id: UUID) -> Response:
    doors, who = service(request), actor(request)
    run = await runs.adismiss(doors.store, who, id)
    return json_response(run_view(run, doors.catalog, who, language(request)))


@router.put(
    "/runs/{id}/publication",
    **about(
        "发布运行结果",
        "Publish a run",
        "runs",
        problems=(403, 404, 409),
        detail=Text(
            "未指定运行时，各门即以最新发布的运行作答。仅限运维人员；读取了更受限图层的运行不能发布。",
            "Where no run is named, doors answer with the newest published one. For operators only; a run made of layers "
            "closer than its results cannot be published.",
        ),
    ),
)
async def publish_run(request: Request, id: UUID) -> Response:
    return await _published(request, id, True)


@router.delete(
    "/runs/{id}/publication",
    **about("撤回已发布的运行结果", "Take a published run back", "runs", problems=(403, 404, 409)),
)
async def withdraw_run(request: Request, id: UUID) -> Response:
    return await _published(request, id, False)


async def _published(request: Request, id: UUID, published: bool) -> Response:
    doors, who = service(request), actor(request)
    run = await apublish(doors.store, who, id, published=published)
    return json_response(run_view(run, doors.catalog, who, language(request)))


@router.get(
    "/runs/{id}/results",
    **about("运行的结果及其图层", "What came out of a run, and its layers", "runs", problems=(404, 409)),
)
async def run_results(request: Request, id: UUID) -> Response:
    doors, who, chosen = service(request), actor(request), language(request)
    run = runs.with_results(await runs.aget(doors.store, who, id))
    base = base_url(request)
    layers = [
        {
            "name": layer.name,
            "title": layer.title[chosen],
            "kind": layer.kind,
            "links": _links(layer, id, base),
        }
        for layer in written(run, doors.catalog, who)
    ]
    told: dict[str, Any] = {"run": run.id, "outputs": run.outputs, "layers": layers}
    if run.process in REPORTED:
        told["report"] = f"{base}/runs/{id}/report"
    return json_response(told)


def _links(layer: Layer, run: UUID, base: str) -> dict[str, Any]:
    drawn = layer.kind == "coverage" or layer.geometry is not None
    links = {"tilejson": f"{base}/tiles/{layer.name}.json?run={run}"} if drawn else {}
    if layer.kind == "coverage":
        return links | {"download": f"{base}/coverages/{layer.name}?run={run}"}
    return links | {"items": f"{base}/ogc/collections/{layer.name}/items?run={run}"}
