"""OGC API - Processes 1.0 (OGC 18-062r2) on the registry and the durable queue: list, description, execution."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from twin.access.decide import may_run
from twin.actions import runs
from twin.errors import TwinError, did_you_mean
from twin.ogc import parameters
from twin.ogc.answers import document, page
from twin.ogc.jobs import results_document, status_info
from twin.ogc.links import HTML, JSON, REL, address, forms, link
from twin.ogc.problems import bad_body, bad_value, no_resource
from twin.ogc.router import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from twin.ogc.door import Visit
    from twin.processes.registry import Process

router = Router()
FORMS = {"json": JSON, "html": HTML}
MAX_BODY = 1_000_000
MAX_DEPTH = 60
# A quick process is waited for this long; then the answer is asynchronous, as the standard allows (7.11.2.3).
PATIENCE_S = 20.0
MAX_WAIT_S = 60.0
_MEMBERS = {"inputs", "outputs", "response"}


@router.get("/processes")
async def processes(visit: Visit) -> Response:
    query = parameters.read(visit.request, "limit")
    form = parameters.form(visit.request, query, FORMS)
    shown = list(visit.door.processes.values())[: parameters.limit(query.get("limit"), default=1000)]
    path = f"{visit.base}/processes"
    listed = [{**one.summary(visit.language), "links": [_self(visit, one, "self")]} for one in shown]
    data = {"processes": listed, "links": forms(path, {}, form, FORMS, visit.language)}
    if form == "html":
        return await page(visit, "processes/index.html", data)
    return document(visit, data)


@router.get("/processes/{process}")
async def process(process: str, visit: Visit) -> Response:
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    found = _find(visit, process)
    path = f"{visit.base}/processes/{found.name}"
    data = found.description(visit.language) | {
        "links": [
            *forms(path, {}, form, FORMS, visit.language),
            link(f"{REL}execute", f"{path}/execution", JSON, "execute", visit.language),
        ]
    }
    if form == "html":
        return await page(visit, "processes/process.html", data)
    return document(visit, data, tagged=True)


@router.post("/processes/{process}/execution")
async def execute(process: str, visit: Visit) -> Response:
    """201 and a job, or 200 and the results when the process is quick and ``Prefer: respond-async`` is absent."""
    parameters.read(visit.request)
    found = _find(visit, process)
    # Before the body is read: who may not run processes is told so, whatever he sent.
    if not may_run(visit.catalog, visit.actor).allowed:
        raise _may_not(visit)
    asked = _request(await _body(visit.request))
    wanted = _outputs(asked.get("outputs"), found)
    raw = _response(asked.get("response", "document"))
    patience = _patience(visit.request.headers.get("prefer", ""), found)
    row, _ = await runs.asubmit(
        visit.store,
        visit.actor,
        found,
        _inputs(asked.get("inputs", {})),
        idempotency_key=visit.request.headers.get("idempotency-key"),
    )
    if patience > 0:
        row = await runs.afollow(visit.store, visit.actor, row.id, patience)
        if row.state in ("successful", "failed", "dismissed"):
            return results_document(visit, row, wanted=wanted, raw=raw)
    place = f"{visit.base}/jobs/{row.id}"
    headers = {"location": place}
    if patience <= 0:
        headers["preference-applied"] = "respond-async"
    return document(visit, status_info(visit, row), status=201, headers=headers)


def _find(visit: Visit, name: str) -> Process:
    found = visit.door.processes.get(name)
    if found is None:
        hint = did_you_mean(name[:80], visit.door.processes)
        raise no_resource("processId", f"没有这个模拟过程。{hint.zh}", f"there is no such process.{hint.en}")
    return found


def _may_not(visit: Visit) -> TwinError:
    anonymous = visit.actor.role == "anonymous"
    return TwinError(
        "TWIN-503",
        "当前身份不能运行模拟；请使用 planner、operator 或 admin 密钥。",
        "You may not run processes; use a key of the role planner, operator or admin.",
        status=401 if anonymous else 403,
    )


def _self(visit: Visit, process: Process, rel: str) -> dict[str, Any]:
    return link(
        rel, address(f"{visit.base}/processes/{process.name}", f="json"), JSON, "self", visit.language
    )


async def _body(request: Request) -> bytes:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media and media != JSON and not media.endswith("+json"):
        raise bad_body("请求体须为 application/json。", "the body must be application/json.", status=415)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise bad_body(f"请求体超过 {MAX_BODY} 字节。", f"the body exceeds {MAX_BODY} bytes.", status=413)
        parts.append(part)
    return b"".join(parts)


def _request(body: bytes) -> dict[str, Any]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_body("请求体不是有效的 JSON。", "the body is no valid JSON.") from error
    if not isinstance(asked, dict):
        raise bad_body(
            '请求体须为对象，例如 {"inputs": {}}。', 'the body must be an object, as in {"inputs": {}}.'
        )
    if "subscriber" in asked:
        raise bad_body(
            "不提供回调（subscriber）；请查询任务状态。",
            "callbacks (subscriber) are not offered; poll the job.",
        )
    for name in asked:
        if name not in _MEMBERS:
            hint = did_you_mean(name[:60], _MEMBERS)
            raise bad_body(
                f"请求体中有未知成员“{name[:60]}”。{hint.zh}",
                f'unknown member "{name[:60]}" in the body.{hint.en}',
            )
    if _depth(asked) > MAX_DEPTH:
        raise bad_body("请求体嵌套过深。", "the body is nested too deeply.")
    return asked


def _depth(value: Any) -> int:
    """Levels of nesting, without recursion."""
    level, deepest = [value], 0
    while level:
        deepest += 1
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        level = inner
    return deepest


def _inputs(inputs: Any) -> Mapping[str, Any]:
    """Inputs as plain values: ``{"value": ...}`` is unwrapped, ``{"href": ...}`` refused (nothing is fetched)."""
    if not isinstance(inputs, dict):
        raise bad_value("inputs", "inputs 须为对象。", "inputs must be an object.")
    return {name: _input(name, value) for name, value in inputs.items()}


def _input(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        if "href" in value:
            raise bad_value(
                f"inputs.{name[:60]}",
                "不接受链接输入（href）；请给出值，或图层、运行的编号。",
                "inputs by link (href) are not taken; give a value, or the id of a layer or run.",
            )
        if set(value) <= {"value", "mediaType", "encoding", "schema"} and "value" in value:
            return value["value"]
    return value


def _outputs(outputs: Any, process: Process) -> tuple[str, ...] | None:
    if outputs is None:
        return None
    known = process.outputs_schema("en").get("properties", {})
    if not isinstance(outputs, dict):
        raise bad_value("outputs", "outputs 须为对象。", "outputs must be an object.")
    for name, said in outputs.items():
        if name not in known:
            hint = did_you_mean(name[:60], known)
            raise bad_value(
                "outputs", f"没有输出“{name[:60]}”。{hint.zh}", f'no output "{name[:60]}".{hint.en}'
            )
        mode = said.get("transmissionMode", "value") if isinstance(said, dict) else None
        if mode != "value":
            raise bad_value(
                "outputs", "transmissionMode 只能为 value。", "transmissionMode can only be value."
            )
    return tuple(outputs) or None


def _response(response: Any) -> bool:
    """True for ``raw``."""
    if response not in ("document", "raw"):
        raise bad_value("response", "response 须为 document 或 raw。", "response must be document or raw.")
    return bool(response == "raw")


def _patience(prefer: str, process: Process) -> float:
    """Seconds to wait for the end of the run (RFC 7240): none when asked to answer asynchronously."""
    wishes = [part.strip().lower() for part in prefer[:1000].split(",")]
    wait = next((match for wish in wishes if (match := re.fullmatch(r"wait\s*=\s*(\d{1,6})", wish))), None)
    if wait is not None:
        return min(float(wait.group(1)), MAX_WAIT_S)
    if "respond-async" in wishes or not process.quick:
        return 0.0
    return PATIENCE_S
