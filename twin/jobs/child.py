"""The process that computes one attempt of a run.

A process of its own, because only so can a run be stopped at once, its peak memory be measured, and a crash in
native code leave the worker alive. Children are forked from a fork server that has imported the heavy libraries
(30 ms instead of 2 s for a fresh interpreter) and has no threads, unlike the worker itself.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from twin.errors import TwinError
from twin.jobs import outcome
from twin.jobs.endings import Cost
from twin.jobs.order import DATABASE_LOST
from twin.processes.context import Cancelled, RunContext
from twin.processes.patience import lost, patiently
from twin.processes.registry import find
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from twin.jobs.order import Order
    from twin.processes.models import Outputs
    from twin.text import Text

NICENESS = 5  # the doors come first on a shared machine
EXPENDABLE = "500"  # of 1000: when memory runs out, the system ends the run and not the worker
_PR_SET_PDEATHSIG = 1


def work(order: Order, wire: Connection) -> None:
    """Compute and record one attempt. Ends with ``DATABASE_LOST`` where the database stayed away.

    What a process raises beyond ``TwinError`` ends this process with a trace; the worker then fails the run.
    """
    _settle()
    try:
        with closing(patiently(lambda: Store.open(order.url, order.catalog, pool_max=2))) as store:
            _attempt(order, wire, store)
    except (TwinError, psycopg.OperationalError, psycopg.InterfaceError) as error:
        if not lost(error):
            raise
        sys.exit(DATABASE_LOST)


def _attempt(order: Order, wire: Connection, store: Store) -> None:
    started = time.monotonic()
    try:
        process = find(order.process, *order.modules)
    except TwinError:
        missing = _not_here(order)
        patiently(lambda: outcome.fail(store, order, missing, {}, Cost()))
        return
    artifacts = ArtifactStore(order.artifacts_url)
    inputs = process.validate(order.inputs)
    run = RunContext(
        run=order.run,
        actor=order.actor,
        seed=order.seed,
        store=store,
        artifacts=artifacts,
        reads=(*process.reads, *(layer for _, layer in inputs.layers())),
        writes=process.writes,
        report=lambda fraction, message: _tell(wire, fraction, message),
        stopped=wire.poll,
    )
    try:
        outputs: Outputs = process.function(inputs, run)
        run.check()
    except Cancelled:
        return
    except TwinError as error:
        if lost(error):
            raise
        failure, cost = error, _cost(started)
        patiently(lambda: outcome.fail(store, order, failure, run.data_versions, cost))
        return
    cost = _cost(started)
    try:
        patiently(lambda: outcome.finish(store, order, outputs, run, cost, published=inputs.published()))
    except TwinError as error:
        if lost(error):
            raise
        refused = error
        patiently(lambda: outcome.fail(store, order, refused, run.data_versions, cost))


def _not_here(order: Order) -> TwinError:
    return TwinError(
        "TWIN-532",
        f"作业进程没有模拟过程“{order.process}”；请检查作业进程的安装。",
        f'The worker does not know the process "{order.process}"; check what it was installed with.',
        status=500,
        where="process",
    )


def _tell(wire: Connection, fraction: float, message: Text) -> None:
    """Progress for the worker; dropped rather than waited for while the worker does not listen."""
    _, free, _ = select.select([], [wire], [], 0)
    if free:
        with suppress(BrokenPipeError):
            wire.send((fraction, message.zh, message.en))


def _cost(started: float) -> Cost:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1024.0 if sys.platform == "linux" else 1024.0 * 1024.0  # kilobytes on Linux, bytes elsewhere
    return Cost(wall_s=time.monotonic() - started, peak_memory_mb=peak / unit)


def _settle() -> None:
    """Leave Ctrl+C to the worker, die with it, yield to the doors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # The parent is the fork server, which ends when the worker's end of its pipe closes.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(EXPENDABLE)
    os.nice(NICENESS)
