"""One run in a worker: claim it, let a child compute it, follow the child, settle how it ended."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from twin.access.actor import Actor
from twin.actions.run_row import RunRow
from twin.actions.runs import defer
from twin.actions.steps import Steps, adrive
from twin.actions.version import code_version
from twin.errors import TwinError
from twin.jobs import endings, entry
from twin.jobs.order import DATABASE_LOST, MAX_ATTEMPTS, Order, Work
from twin.processes.patience import lost
from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess

    from procrastinate import JobContext

    from twin.jobs.connector import PatientConnector

logger = logging.getLogger(__name__)
MAX_CRASHES = 3
FORK_SERVER_LOST = 255  # multiprocessing's code for a child of which nobody knows any more
HEAVY = ("__main__", "twin.jobs.child", "twin.jobs.heavy")


@dataclass(slots=True)
class Attempt:
    """A child at work: the latest progress that it told and nobody wrote yet, and its end."""

    row: RunRow
    process: ForkServerProcess
    wire: Connection
    ended: asyncio.Event
    said: tuple[float, str, str] | None = None
    ordered_off: bool = False

    def listen(self) -> None:
        """Take what the child has told; the last word counts."""
        try:
            while self.wire.poll():
                self.said = self.wire.recv()
        except (EOFError, OSError):
            return

    def news(self) -> dict[str, Any] | None:
        """What the child told since this was last asked, as the run's row keeps it."""
        if self.said is None:
            return None
        fraction, zh, en = self.said
        self.said = None
        return {"progress": min(99, int(100 * fraction)), "message": Jsonb({"zh": zh, "en": en})}


class Supervisor:
    """Executes runs for one worker, each in a child process."""

    def __init__(self, work: Work, connector: PatientConnector) -> None:
        self._work = work
        self._connector = connector
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")

    def warm(self) -> None:
        """Start the fork server, let it import the heavy libraries, and a child fill the compiler's cache."""
        # matrices here are small: threads of the linear algebra only wait for each other, and runs share the cores
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._context.set_forkserver_preload([*HEAVY, *self._work.modules])
        probe = self._context.Process(target=int)
        probe.start()
        probe.join()
        self._context.Process(target=entry.compile_ahead, name="compile ahead", daemon=True).start()

    async def execute(self, context: JobContext, run: str, crashes: int = 0) -> None:
        """Do one job: whatever happens, the run has ended or waits for another job afterwards."""
        row = await self._ask(lambda: _claim(UUID(run)))
        if row is None:
            return
        if row.attempt > MAX_ATTEMPTS:
            await self._fail(row, crashed(MAX_ATTEMPTS))
            return
        attempt = await asyncio.to_thread(self._start, row)
        try:
            code = await self._follow(attempt, context.job.worker_id)
        except asyncio.CancelledError:
            # The worker stops before the run ended: give it back uncharged.
            await asyncio.shield(self._give_back(attempt, crashes))
            raise
        finally:
            attempt.wire.close()
        if not attempt.ordered_off:
            await self._settle(row, code, crashes)

    def _start(self, row: RunRow) -> Attempt:
        here, there = self._context.Pipe()
        work = self._work
        order = Order(
            url=work.url,
            catalog=work.catalog,
            artifacts_url=work.artifacts_url,
            modules=work.modules,
            run=row.id,
            attempt=row.attempt,
            process=row.process,
            process_version=row.process_version,
            inputs=row.inputs,
            actor=Actor(row.role, row.actor, row.actor),
            seed=row.seed,
        )
        process = self._context.Process(target=entry.begin, args=(order, there), name=f"run {row.id}")
        process.start()
        there.close()
        return Attempt(row, process, here, asyncio.Event())

    async def _follow(self, attempt: Attempt, worker: int | None) -> int:
        """Write progress and look for dismissal every tick until the child ends; its exit code."""
        loop = asyncio.get_running_loop()
        loop.add_reader(attempt.process.sentinel, attempt.ended.set)
        try:
            while not await _within(attempt.ended, self._work.tick_s):
                attempt.listen()
                if not await self._still_holds(attempt, worker):
                    logger.info(
                        "run %s attempt %d was dismissed or replaced", attempt.row.id, attempt.row.attempt
                    )
                    await self._stop(attempt)
        finally:
            loop.remove_reader(attempt.process.sentinel)
        await asyncio.to_thread(attempt.process.join)
        return attempt.process.exitcode or 0

    async def _still_holds(self, attempt: Attempt, worker: int | None) -> bool:
        """Whether the attempt may go on; it may while nobody can tell, as its last transaction asks again."""
        said = attempt.news()
        try:
            async with self._connector.pool.connection() as conn:
                return await adrive(conn, _tick(attempt.row, said, worker))
        except LockNotAvailable:
            return True  # the child holds the row: it is writing its results
        except psycopg.Error as error:
            if not lost(error):
                raise
            return True

    async def _stop(self, attempt: Attempt) -> None:
        """Ask the child to stop at its next check point, then end it."""
        attempt.ordered_off = True
        try:
            attempt.wire.send("stop")
        except OSError:
            logger.debug("run %s: the child is gone already", attempt.row.id)
        if not await _within(attempt.ended, self._work.kill_after_s):
            attempt.process.kill()
            await attempt.ended.wait()

    async def _give_back(self, attempt: Attempt, crashes: int) -> None:
        attempt.process.kill()
        await asyncio.to_thread(attempt.process.join)
        await self._ask(lambda: _release(attempt.row, crashes))

    async def _settle(self, row: RunRow, code: int, crashes: int) -> None:
        """A child that ended well recorded the outcome itself; this is for the others."""
        if code in (DATABASE_LOST, FORK_SERVER_LOST):
            logger.warning("run %s attempt %d lost what it stood on: %d", row.id, row.attempt, code)
            await self._ask(lambda: _release(row, crashes))
        elif code < 0:
            logger.warning("run %s attempt %d crashed with %d", row.id, row.attempt, code)
            if crashes + 1 >= MAX_CRASHES:
                await self._fail(row, crashed(crashes + 1))
            else:
                await self._ask(lambda: _release(row, crashes + 1))
        elif await self._fail(row, unexpected()):
            logger.error("run %s attempt %d failed unexpectedly, exit code %d", row.id, row.attempt, code)

    async def _fail(self, row: RunRow, error: TwinError) -> bool:
        return await self._ask(lambda: endings.failing(row.id, row.attempt, error, {}, endings.Cost()))

    async def _ask[T](self, steps: Callable[[], Steps[T]]) -> T:
        """Drive the steps in a transaction of the service role, anew while the database is away."""
        return await self._connector.transact(lambda conn: adrive(conn, steps()))


def crashed(times: int) -> TwinError:
    """TWIN-531, for a run whose attempts all ended in a crash."""
    return TwinError(
        "TWIN-531",
        f"运行连续 {times} 次异常中断（可能内存不足），已放弃；请缩小范围后重试，或查看作业进程日志。",
        f"The run crashed {times} times (out of memory?) and was given up; ask for less, or see the worker's log.",
        status=500,
    )


def unexpected() -> TwinError:
    """TWIN-530, for whatever a process did not foresee; the trace is in the worker's log."""
    return TwinError(
        "TWIN-530",
        "模拟过程出现未预料的错误；详情见作业进程日志，请告知管理员运行编号。",
        "The process failed unexpectedly; the worker's log tells more: give the operator the run's id.",
        status=500,
    )


def _claim(run: UUID) -> Steps[RunRow | None]:
    rows = yield query("jobs", "claim_run"), {"id": run, "code": code_version()}
    return RunRow.of(rows[0]) if rows else None


def _tick(row: RunRow, said: dict[str, Any] | None, worker: int | None) -> Steps[bool]:
    if worker is not None:
        yield query("jobs", "beat"), {"worker": worker}
    if said is None:
        return (yield from endings.holds(row.id, row.attempt))
    return bool((yield query("jobs", "report_run"), said | {"id": row.id, "attempt": row.attempt}))


def _release(row: RunRow, crashes: int) -> Steps[None]:
    rows = yield query("jobs", "release_run"), {"id": row.id, "attempt": row.attempt}
    if rows:
        yield from defer(row.id, crashes)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
