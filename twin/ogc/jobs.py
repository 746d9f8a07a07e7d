"""Jobs of OGC API - Processes: the actor's runs as status documents, their results, their dismissal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from starlette.responses import Response

from twin.actions import runs
from twin.errors import TwinError
from twin.ogc import parameters
from twin.ogc.answers import document, page
from twin.ogc.links import HTML, JSON, REL, address, forms, link
from twin.ogc.problems import bad_value, no_resource
from twin.ogc.router import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.actions.run_row import RunRow
    from twin.ogc.door import Visit

router = Router()
FORMS = {"json": JSON, "html": HTML}
STATES = ("accepted", "running", "successful", "failed", "dismissed")


@router.get("/jobs")
async def jobs(visit: Visit) -> Response:
    """The actor's own jobs, newest first; those who operate the service see all."""
    query = parameters.read(visit.request, "limit", "status", "processID", "type", "cursor")
    form = parameters.form(visit.request, query, FORMS)
    limit = parameters.limit(query.get("limit"), maximum=1000)
    before = parameters.identifier("cursor", query["cursor"]) if "cursor" in query else None
    if query.get("type", "process") != "process":
        raise bad_value("type", "type 只能为 process。", "type can only be process.")
    rows = await runs.alist_runs(
        visit.store,
        visit.actor,
        process=query.get("processID"),
        state=_state(query.get("status")),
        before=before,
        limit=limit,
    )
    path = f"{visit.base}/jobs"
    links = forms(
        path, {k: v for k, v in query.items() if k not in ("f", "lang")}, form, FORMS, visit.language
    )
    if len(rows) == limit:
        links.append(
            link("next", address(path, query, cursor=str(rows[-1].id)), JSON, "next", visit.language)
        )
    data = {"jobs": [status_info(visit, row) for row in rows], "links": links}
    if form == "html":
        return await page(visit, "jobs/index.html", data)
    return document(visit, data)


@router.get("/jobs/{job}")
async def job(job: str, visit: Visit) -> Response:
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    data = status_info(visit, await runs.aget(visit.store, visit.actor, _identifier(job)))
    if form == "html":
        return await page(visit, "jobs/job.html", data)
    return document(visit, data)


@router.get("/jobs/{job}/results")
async def results(job: str, visit: Visit) -> Response:
    query = parameters.read(visit.request, "outputs")
    parameters.form(visit.request, query, {"json": JSON})
    row = await runs.aget(visit.store, visit.actor, _identifier(job))
    if row.state in ("accepted", "running"):
        raise TwinError(
            "TWIN-355",
            "结果尚未就绪；请先查询任务状态。",
            "the results are not ready; ask for the status of the job first.",
            status=404,
        )
    wanted = tuple(query["outputs"].split(",")) if "outputs" in query else None
    return results_document(visit, row, wanted=wanted)


@router.delete("/jobs/{job}")
async def dismiss(job: str, visit: Visit) -> Response:
    parameters.read(visit.request)
    row = await runs.adismiss(visit.store, visit.actor, _identifier(job))
    return document(visit, status_info(visit, row))


def status_info(visit: Visit, row: RunRow) -> dict[str, Any]:
    """statusInfo (OGC 18-062r2 section 7.12)."""
    place = f"{visit.base}/jobs/{row.id}"
    said = row.message[visit.language] if row.message else None
    if row.error:
        said = row.error.get(visit.language) or said
    links = [link("self", address(place, f="json"), JSON, "status", visit.language)]
    if row.state == "successful":
        links.append(
            link(f"{REL}results", address(f"{place}/results", f="json"), JSON, "results", visit.language)
        )
    found = {
        "jobID": str(row.id),
        "processID": row.process,
        "type": "process",
        "status": row.state,
        "message": said,
        "progress": row.progress,
        "created": row.created,
        "started": row.started,
        "finished": row.ended,
        "updated": row.ended or row.started or row.created,
        "links": links,
    }
    return {name: value for name, value in found.items() if value is not None}


def results_document(
    visit: Visit, row: RunRow, *, wanted: tuple[str, ...] | None = None, raw: bool = False
) -> Response:
    """The outputs of an ended run; a failed one is told as a problem. ``raw`` answers one output by itself."""
    if row.state != "successful":
        raise _ended(row)
    outputs = dict(row.outputs or {})
    chosen = _chosen(outputs, wanted)
    headers = {
        "link": f'<{visit.base}/jobs/{row.id}>; rel="monitor"; type="{JSON}"',
        "x-run": str(row.id),
    }
    if raw and len(chosen) == 1:
        return document(visit, next(iter(chosen.values())), headers=headers)
    return document(visit, chosen, headers=headers)


def _chosen(outputs: Mapping[str, Any], wanted: tuple[str, ...] | None) -> dict[str, Any]:
    if wanted is None:
        return dict(outputs)
    for name in wanted:
        if name not in outputs:
            raise bad_value("outputs", f"没有输出“{name[:60]}”。", f'there is no output "{name[:60]}".')
    return {name: outputs[name] for name in wanted}


def _ended(row: RunRow) -> TwinError:
    if row.state == "dismissed":
        return TwinError(
            "TWIN-356", "任务已取消，没有结果。", "the job was dismissed and has no results.", status=410
        )
    error = row.error or {}
    return TwinError(
        str(error.get("code") or "TWIN-357"),
        str(error.get("zh") or "任务失败。"),
        str(error.get("en") or "the job failed."),
        status=status_of(error),
        where=error.get("where"),
    )


def status_of(error: Mapping[str, Any]) -> int:
    """422 where what was asked for is at fault: an unknown road, a run that is not there. Else what the failure calls for."""
    known = error.get("status")
    status = int(known) if isinstance(known, int) else 500
    return 422 if 400 <= status < 500 else status


def _state(text: str | None) -> str | None:
    if text is None or text in STATES:
        return text
    raise bad_value(
        "status", f"status 须为 {', '.join(STATES)} 之一。", f"status must be one of {', '.join(STATES)}."
    )


def _identifier(text: str) -> UUID:
    """A job id in a path: anything else is simply not there."""
    try:
        if len(text) == 36:
            return UUID(text)
    except ValueError:
        pass
    raise no_resource("jobId", "没有这个任务。", "there is no such job.")
