"""A run as the doors tell it: times, lineage, and only those of its layers that the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.access.decide import decide
from twin.actions.runs import SEES_ALL
from twin.processes.registry import registry

if TYPE_CHECKING:
    from twin.access.actor import Actor
    from twin.actions.run_row import RunRow
    from twin.catalog.spec import Catalog, Layer
    from twin.text import Language


def run_view(run: RunRow, catalog: Catalog, actor: Actor, language: Language) -> dict[str, Any]:
    """JSON members of a run; ``progress`` in percent, ``wall_s`` in seconds, ``peak_memory_mb`` in MiB."""
    return {
        "id": run.id,
        "process": run.process,
        "process_version": run.process_version,
        "code_version": run.code_version,
        "state": run.state,
        "progress": run.progress,
        "message": run.message[language] if run.message else None,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "error": _error(run.error, language),
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "wall_s": run.wall_s,
        "peak_memory_mb": run.peak_memory_mb,
        "data_versions": run.data_versions,
        "seed": run.seed,
        "published": run.published,
        "may_publish": actor.role in SEES_ALL and run.state == "successful" and run.parent is None,
        "parent": run.parent,
        "member": run.member,
        "layers": [layer.name for layer in written(run, catalog, actor)],
    }


REPORTED = frozenset({"flood"})  # the processes whose runs have a page at /runs/{id}/report


def written(run: RunRow, catalog: Catalog, actor: Actor) -> list[Layer]:
    """The layers that a successful run wrote and the actor may read."""
    process = registry().get(run.process)
    if process is None or run.state != "successful":
        return []
    layers = [catalog.layer(name) for name in process.writes]
    return [layer for layer in layers if layer is not None and decide(catalog, actor, layer, "read").allowed]


def _error(error: dict[str, Any] | None, language: Language) -> dict[str, Any] | None:
    if error is None:
        return None
    told = {"code": error.get("code"), "detail": error.get(language), "parameter": error.get("where")}
    return {name: value for name, value in told.items() if value is not None}
