"""Publish a run by hand, or take it back: what-if runs are not published by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.actions.run_row import RunRow
from twin.actions.runs import SEES_ALL, aget, get, with_results
from twin.actions.steps import adrive, drive
from twin.errors import TwinError
from twin.store.queryfile import query

if TYPE_CHECKING:
    from uuid import UUID

    from twin.access.actor import Actor
    from twin.actions.steps import Steps
    from twin.store.database import AsyncStore, Store


def publish(store: Store, actor: Actor, run: UUID, *, published: bool = True) -> RunRow:
    """Let everybody who may read its result layers see this run; with ``published`` False take it back.

    The newest published run is the one that doors answer with where none is named. Raises TWIN-582 (403) for whoever does
    not operate the service, TWIN-505 (404), TWIN-334 (409) while there are no results, and TWIN-583 (409) for a run made
    of layers closer than its results, and for a part of another run.
    """
    _may(actor)
    with_results(get(store, actor, run))
    with store.service() as conn:
        return _one(run, drive(conn, _publish(run, published)))


async def apublish(store: AsyncStore, actor: Actor, run: UUID, *, published: bool = True) -> RunRow:
    """``publish`` for the web."""
    _may(actor)
    with_results(await aget(store, actor, run))
    async with store.service() as conn:
        return _one(run, await adrive(conn, _publish(run, published)))


def _may(actor: Actor) -> None:
    if actor.role not in SEES_ALL:
        raise TwinError(
            "TWIN-582",
            "只有运维人员可以发布或撤回运行结果。",
            "Only those who operate the service may publish results or take them back.",
            status=403,
        )


def _one(run: UUID, rows: list[RunRow]) -> RunRow:
    if not rows:
        raise TwinError(
            "TWIN-583",
            f"运行 {run} 不能发布：它读取了比结果图层更受限的图层，或是另一次运行的成员。",
            f"Run {run} cannot be published: it read layers that are more closed than its results, or it is a part of "
            "another run.",
            status=409,
            where="run",
        )
    return rows[0]


def _publish(run: UUID, published: bool) -> Steps[list[RunRow]]:
    rows = yield query("jobs", "publish_run"), {"id": run, "published": published}
    return [RunRow.of(row) for row in rows]
