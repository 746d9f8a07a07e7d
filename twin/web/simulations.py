"""``/simulations``: the processes, and asking one of them for a run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from twin.actions import runs
from twin.errors import TwinError
from twin.processes.registry import find, registry
from twin.text import Text
from twin.web import bodies
from twin.web.answers import json_response
from twin.web.parameters import StrictRoute
from twin.web.run_view import run_view
from twin.web.service import actor, language, service
from twin.web.told import about

if TYPE_CHECKING:
    from twin.processes.registry import Process
    from twin.text import Language

LONGEST_WAIT_S = 30
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([^\",;\s]*)\"?", re.IGNORECASE)
router = APIRouter(route_class=StrictRoute)


@router.get("/simulations", **about("列出模拟过程", "List the processes", "simulations"))
async def list_simulations(request: Request) -> Response:
    chosen = language(request)
    return json_response([_summary(process, chosen) for process in registry().values()])


@router.get(
    "/simulations/{process}",
    **about("描述一个过程", "Describe one process", "simulations", problems=(404,)),
)
async def describe_simulation(request: Request, process: str) -> Response:
    found, chosen = find(process), language(request)
    return json_response(
        _summary(found, chosen)
        | {
            "example": dict(found.example),
            "quick": found.quick,
            "inputs": found.inputs_schema(chosen),
            "outputs": found.outputs_schema(chosen),
        }
    )


def _summary(process: Process, chosen: Language) -> dict[str, Any]:
    return {
        "name": process.name,
        "title": process.title[chosen],
        "description": process.description_text[chosen],
        "version": process.version,
    }


@router.post(
    "/simulations/{process}",
    **about(
        "提交一次运行",
        "Ask for a run",
        "simulations",
        detail=Text(
            "请求体即输入对象。运行与作业在同一事务中入队，由作业进程执行。",
            "The body is the inputs object. Run and job are queued in one transaction; a worker executes it.",
        ),
        success=(201, 200),
        problems=(401, 403, 404, 409, 413, 415),
        headers=("Idempotency-Key", "Prefer"),
        body="process",
    ),
)
async def start_simulation(request: Request, process: str) -> Response:
    doors, who = service(request), actor(request)
    found = find(process)
    wait_s = wanted_wait(request.headers.get("prefer"))
    inputs = await bodies.read_object(request)
    key = request.headers.get("idempotency-key")
    run, made = await runs.asubmit(doors.store, who, found, inputs, idempotency_key=key)
    headers = {"location": f"/runs/{run.id}"}
    if wait_s:
        run = await runs.afollow(doors.store, who, run.id, wait_s)
        headers["preference-applied"] = f"wait={wait_s}"
    body = run_view(run, doors.catalog, who, language(request))
    return json_response(body, status=201 if made else 200, headers=headers)


def wanted_wait(prefer: str | None) -> int:
    """Seconds of ``Prefer: wait=N`` (RFC 7240 section 4.3), at most 30; other preferences are ignored.

    Raises TWIN-312 when N is no whole number.
    """
    match = WAIT.search(prefer or "")
    if match is None:
        return 0
    if not match[1].isascii() or not match[1].isdigit() or len(match[1]) > 9:
        raise TwinError(
            "TWIN-312", "Prefer: wait 须为整秒数", "Prefer: wait must be whole seconds", where="prefer"
        )
    return min(int(match[1]), LONGEST_WAIT_S)
