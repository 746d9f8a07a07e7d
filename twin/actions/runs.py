"""Runs of processes: ask for one, look at it, dismiss it.

A run's row and its job are written in one transaction, so neither exists without the other. Each action has a
synchronous form (command line, processes) and an asynchronous one, prefixed ``a`` (web), sharing one text.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from psycopg.types.json import Jsonb

from twin.access.decide import decide, may_run
from twin.actions.ground import Ground
from twin.actions.identifier import uuid7
from twin.actions.run_row import ENDED, RunRow
from twin.actions.steps import Steps, adrive, drive
from twin.actions.version import code_version
from twin.errors import TwinError
from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog
    from twin.store.database import AsyncStore, Store

SEES_ALL = frozenset({"operator", "admin"})
MAX_LISTED = 1000
BEHIND = -1  # priority of members
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Asked(Protocol):
    """Validated inputs."""

    def layers(self) -> tuple[tuple[str, str], ...]: ...
    def check(self, ground: Ground) -> None: ...
    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


class Runnable(Protocol):
    """What ``submit`` needs of a process (``twin.processes.registry.Process`` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def reads(self) -> tuple[str, ...]: ...
    def validate(self, given: object) -> Asked: ...
    def parts(self, asked: Any) -> Sequence[tuple[Runnable, Asked]]: ...


def submit(
    store: Store,
    actor: Actor,
    process: Runnable,
    inputs: Mapping[str, Any],
    *,
    idempotency_key: str | None = None,
) -> tuple[RunRow, bool]:
    """Queue a run; ``(run, True)``, or ``(run, False)`` when this actor's key already asked for it.

    Raises ``TwinError`` TWIN-501 (inputs, naming each), TWIN-503 (may not run processes, 403), TWIN-504 (a layer
    that the process needs is not open to the actor, 403), TWIN-506 (key used for other inputs, 409), TWIN-507
    (malformed key). Nothing is stored then.
    """
    asked = admit(store.catalog, actor, process, inputs, idempotency_key)
    with store.service() as conn:
        return drive(conn, _submit(store.catalog, store.srid, actor, process, asked, idempotency_key))


async def asubmit(
    store: AsyncStore,
    actor: Actor,
    process: Runnable,
    inputs: Mapping[str, Any],
    *,
    idempotency_key: str | None = None,
) -> tuple[RunRow, bool]:
    """``submit`` for the web."""
    asked = admit(store.catalog, actor, process, inputs, idempotency_key)
    async with store.service() as conn:
        return await adrive(conn, _submit(store.catalog, store.srid, actor, process, asked, idempotency_key))


def get(store: Store, actor: Actor, run: UUID) -> RunRow:
    """The run, if it is the actor's own or the actor operates the service; else TWIN-505 (404)."""
    with store.service() as conn:
        return drive(conn, _get(actor, run))


async def aget(store: AsyncStore, actor: Actor, run: UUID) -> RunRow:
    """``get`` for the web."""
    async with store.service() as conn:
        return await adrive(conn, _get(actor, run))


def state_of(store: Store, actor: Actor, run: UUID) -> str | None:
    """The artifact that holds the model's state which a run kept; ``None`` where there is none, or none that the actor
    may see."""
    with store.service() as conn:
        rows = drive(conn, _state_of(actor, run))
    return str(rows[0]["name"]) if rows else None


def state_made(store: Store, actor: Actor, run: UUID) -> tuple[str | None, str | None]:
    """Time 0 (ISO) of the run that kept a state and where its sewers came from; ``None`` for what it did not tell."""
    with store.service() as conn:
        rows = drive(conn, _state_of(actor, run))
    return (rows[0]["start"], rows[0]["sewers"]) if rows else (None, None)


async def areadable(store: AsyncStore, actor: Actor, run: UUID) -> RunRow:
    """The run, if the actor may see its results (published ones, his own, all of them for operators); raises TWIN-505
    (404) otherwise and TWIN-334 (409) while there are none."""
    async with store.service() as conn:
        return with_results(await adrive(conn, _readable_run(actor, run)))


def with_results(run: RunRow) -> RunRow:
    """The run, once it has results; raises TWIN-334 (409) while it has none."""
    if run.state != "successful":
        raise TwinError(
            "TWIN-334",
            f"运行 {run.id} 没有结果，状态为 {run.state}",
            f"run {run.id} has no results; its state is {run.state}",
            status=409,
            where="id",
        )
    return run


def list_runs(store: Store, actor: Actor, **narrowed: Any) -> list[RunRow]:
    """The runs that the actor may see, newest first; ``process``, ``state``, ``before`` (id) and ``limit`` narrow;
    ``parent`` asks for the members of that run instead."""
    with store.service() as conn:
        return drive(conn, _list(actor, **narrowed))


async def alist_runs(store: AsyncStore, actor: Actor, **narrowed: Any) -> list[RunRow]:
    """``list_runs`` for the web."""
    async with store.service() as conn:
        return await adrive(conn, _list(actor, **narrowed))


def dismiss(store: Store, actor: Actor, run: UUID) -> RunRow:
    """End a waiting or running run; nothing of it becomes visible. Dismissing it again changes nothing.

    Raises TWIN-505 (404) and TWIN-508 (409) for a run that already ended by itself.
    """
    with store.service() as conn:
        return drive(conn, _dismiss(actor, run))


async def adismiss(store: AsyncStore, actor: Actor, run: UUID) -> RunRow:
    """``dismiss`` for the web."""
    async with store.service() as conn:
        return await adrive(conn, _dismiss(actor, run))


async def afollow(store: AsyncStore, actor: Actor, run: UUID, wait_s: float) -> RunRow:
    """The run once it ended, or as it stands after ``wait_s`` seconds (for synchronous execution)."""
    deadline = time.monotonic() + wait_s
    pause = 0.03
    while True:
        row = await aget(store, actor, run)
        left = deadline - time.monotonic()
        if row.state in ENDED or left <= 0:
            return row
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.5)


def admit(
    catalog: Catalog, actor: Actor, process: Runnable, inputs: Mapping[str, Any], idempotency_key: str | None
) -> Asked:
    """Everything that can be refused without the database: the right to run, the inputs, the layers, the key."""
    right = may_run(catalog, actor)
    if not right.allowed:
        raise TwinError("TWIN-503", right.reason.zh, right.reason.en, status=403)
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise TwinError(
            "TWIN-507",
            "Idempotency-Key 须为 1 至 200 个可见 ASCII 字符。",
            "Idempotency-Key must be 1 to 200 visible ASCII characters.",
            where="Idempotency-Key",
        )
    _own_layers(catalog, actor, process)
    asked = process.validate(inputs)
    _named_layers(catalog, actor, asked)
    return asked


def _own_layers(catalog: Catalog, actor: Actor, process: Runnable) -> None:
    if not all(_readable(catalog, actor, layer) for layer in process.reads):
        # Which one it is must not be told: it may be a layer that the actor does not know of.
        raise TwinError(
            "TWIN-504",
            "此模拟需要当前身份无权读取的图层；请使用权限更高的密钥。",
            "This process needs layers that you may not read; use a key with more rights.",
            status=403,
        )


def _named_layers(catalog: Catalog, actor: Actor, asked: Asked) -> None:
    for name, layer in asked.layers():
        if not _readable(catalog, actor, layer):
            raise TwinError(
                "TWIN-501",
                f"没有名为“{layer[:80]}”的图层；可用图层见 /layers。",
                f'There is no layer "{layer[:80]}"; see /layers for those there are.',
                where=name,
            )


def _readable(catalog: Catalog, actor: Actor, name: str) -> bool:
    layer = catalog.layer(name)
    return layer is not None and decide(catalog, actor, layer, "read").allowed


def _who(actor: Actor) -> dict[str, Any]:
    return {"role": actor.role, "actor": actor.key or actor.name, "all": actor.role in SEES_ALL}


def _submit(
    catalog: Catalog, srid: int, actor: Actor, process: Runnable, asked: Asked, key: str | None
) -> Steps[tuple[RunRow, bool]]:
    yield from _possible(catalog, srid, process, asked)
    parts = process.parts(asked)
    for part, part_asked in parts:
        _own_layers(catalog, actor, part)
        _named_layers(catalog, actor, part_asked)
        yield from _possible(catalog, srid, part, part_asked)
    row = yield from _insert(actor, process, asked, {"idempotency_key": key, "parent": None, "member": None})
    if row is None:
        rows = yield query("jobs", "run_of_key"), _who(actor) | {"idempotency_key": key}
        return _same(RunRow.of(rows[0]), process, asked.model_dump(mode="json")), False
    for number, (part, part_asked) in enumerate(parts):
        place = {"idempotency_key": None, "parent": row.id, "member": number}
        member = yield from _insert(actor, part, part_asked, place)
        if member is not None:
            yield from defer(member.id, priority=BEHIND)
    if not parts:
        yield from defer(row.id)
    return row, True


def _possible(catalog: Catalog, srid: int, process: Runnable, asked: Asked) -> Steps[None]:
    wanted = [*process.reads, *(layer for _, layer in asked.layers())]
    asked.check(Ground(srid, (yield from _coverages(catalog, wanted))))


def _insert(actor: Actor, process: Runnable, asked: Asked, place: dict[str, Any]) -> Steps[RunRow | None]:
    inputs = asked.model_dump(mode="json")
    rows = yield (
        query("jobs", "insert_run"),
        _who(actor)
        | place
        | {
            "id": uuid7(),
            "process": process.name,
            "process_version": process.version,
            "code": code_version(),
            "inputs": Jsonb(inputs),
            "seed": _seed(process, inputs),
        },
    )
    return RunRow.of(rows[0]) if rows else None


def defer(run: UUID, crashes: int = 0, *, priority: int = 0) -> Steps[None]:
    """Queue the job of a run in the current transaction."""
    yield query("jobs", "queue_path"), {}
    args = Jsonb({"run": str(run), "crashes": crashes})
    yield query("jobs", "defer_job"), {"lock": str(run), "args": args, "priority": priority}


def _coverages(catalog: Catalog, layers: list[str]) -> Steps[dict[str, Any]]:
    names = [
        name for name in layers if (layer := catalog.layer(name)) is not None and layer.kind == "coverage"
    ]
    if not names:
        return {}
    rows = yield query("jobs", "current_bounds"), {"layers": names}
    found = {row["layer"]: tuple(row["bounds"]) for row in rows}
    return {name: found.get(name) for name in names}


def _seed(process: Runnable, inputs: dict[str, Any]) -> int:
    """The same question gets the same random numbers; an input named ``seed`` is taken as it is."""
    given = inputs.get("seed")
    if isinstance(given, int):
        return given
    text = orjson.dumps([process.name, process.version, inputs], option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(hashlib.sha256(text).digest()[:4]) >> 1


def _same(run: RunRow, process: Runnable, inputs: dict[str, Any]) -> RunRow:
    if (run.process, run.process_version, run.inputs) == (process.name, process.version, inputs):
        return run
    raise TwinError(
        "TWIN-506",
        f"Idempotency-Key 已用于输入不同的运行 {run.id}；请换一个键。",
        f"This Idempotency-Key asked for run {run.id} with other inputs; use another key.",
        status=409,
        where="Idempotency-Key",
    )


def _get(actor: Actor, run: UUID, how: str = "get_run") -> Steps[RunRow]:
    rows = yield query("jobs", how), _who(actor) | {"id": run}
    if not rows:
        raise TwinError("TWIN-505", f"没有运行 {run}。", f"There is no run {run}.", status=404, where="run")
    return RunRow.of(rows[0])


def _state_of(actor: Actor, run: UUID) -> Steps[list[dict[str, Any]]]:
    return (yield query("jobs", "state_of"), _who(actor) | {"id": run})


def _readable_run(actor: Actor, run: UUID) -> Steps[RunRow]:
    return (yield from _get(actor, run, "readable_run"))


def _list(
    actor: Actor,
    *,
    process: str | None = None,
    state: str | None = None,
    before: UUID | None = None,
    parent: UUID | None = None,
    limit: int = 100,
) -> Steps[list[RunRow]]:
    limit = max(1, min(limit, MAX_LISTED))
    asked = {"process": process, "state": state, "before": before, "parent": parent, "limit": limit}
    rows = yield query("jobs", "list_runs"), _who(actor) | asked
    return [RunRow.of(row) for row in rows]


def _dismiss(actor: Actor, run: UUID) -> Steps[RunRow]:
    message = Jsonb({"zh": "已取消", "en": "dismissed"})
    seen = yield from _get(actor, run)
    rows = yield query("jobs", "dismiss_run"), {"id": run, "message": message}
    if rows:
        members = yield query("jobs", "dismiss_members"), {"id": run, "message": message}
        yield query("jobs", "queue_path"), {}
        yield query("jobs", "cancel_jobs"), {"locks": [str(run), *(str(row["id"]) for row in members)]}
        return RunRow.of(rows[0])
    seen = yield from _get(actor, run)
    if seen.state == "dismissed":
        return seen
    raise TwinError(
        "TWIN-508",
        f"运行 {run} 已结束（{seen.state}），不能再取消。",
        f"Run {run} has ended ({seen.state}) and cannot be dismissed any more.",
        status=409,
        where="run",
    )
