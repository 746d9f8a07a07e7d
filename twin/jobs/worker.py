"""The worker: takes jobs from the queue, has each run computed by a child process, sweeps up after dead workers."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from twin.actions.steps import adrive
from twin.jobs.connector import PatientConnector, connector
from twin.jobs.housekeeping import keep_house
from twin.jobs.order import Work
from twin.jobs.supervisor import Supervisor
from twin.jobs.sweep import Suspects, sweep

if TYPE_CHECKING:
    from procrastinate.manager import JobManager
    from psycopg import AsyncConnection

    from twin.catalog.spec import Catalog

logger = logging.getLogger(__name__)
QUEUE = "runs"
TASK = "run"
PAUSE_S = 1.0
LAST_PATIENCE_S = 2.0  # with a database that is away while the worker stops
POLL_S = 1.0  # notifications wake the worker; this is for those that got lost
FORGET_WORKER_S = 600.0
BETWEEN_HOUSEKEEPING_S = 3600.0


def run_worker(
    database_url: str,
    catalog: Catalog,
    artifacts_url: str,
    *,
    concurrency: int = 1,
    modules: tuple[str, ...] = (),
) -> None:
    """Execute runs until SIGTERM or SIGINT; runs in hand then get six seconds to end and are else given back.

    ``database_url`` logs in as the login role, ``artifacts_url`` is the folder or URL of the artifact store,
    ``modules`` are importable names of process modules beyond the package's own.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    work = Work(database_url, catalog, artifacts_url, concurrency=concurrency, modules=modules)
    asyncio.run(serve(work))


async def serve(work: Work) -> None:
    """``run_worker`` in the running event loop, whose signals it takes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    queue = connector(work.url)
    serving = asyncio.create_task(_serve(work, queue))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    queue.patience_s = LAST_PATIENCE_S
    serving.cancel()
    with suppress(asyncio.CancelledError, ConnectorException):
        await serving
    await queue.close_async()


async def _serve(work: Work, queue: PatientConnector) -> None:
    supervisor = Supervisor(work, queue)
    app = App(connector=queue)
    app.task(name=TASK, queue=QUEUE, pass_context=True)(supervisor.execute)
    warming = asyncio.create_task(asyncio.to_thread(supervisor.warm))
    await _open(queue)
    duties = [
        asyncio.create_task(_sweeping(work, queue)),
        asyncio.create_task(_housekeeping(work, queue, app.job_manager)),
    ]
    try:
        await warming
        await _working(work, app)
    finally:
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)


async def _open(queue: PatientConnector) -> None:
    while True:
        try:
            await queue.open_async()
        except PoolTimeout as error:
            logger.warning("waiting for the database: %s", error)
            await queue.close_async()
        else:
            return


async def _working(work: Work, app: App) -> None:
    """Procrastinate's worker, started anew should it end by itself; cancelling it is its graceful stop."""
    while True:
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=work.concurrency,
                fetch_job_polling_interval=POLL_S,
                shutdown_graceful_timeout=work.grace_s,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=work.heartbeat_s,
                stalled_worker_timeout=FORGET_WORKER_S,
            )
        except ConnectorException as error:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise  # it was stopping, and could not sign off
            logger.warning("the worker lost its queue and starts anew: %s", error.__cause__ or error)
        await asyncio.sleep(PAUSE_S)


async def _sweeping(work: Work, queue: PatientConnector) -> None:
    suspects: Suspects = {}

    async def round_(conn: AsyncConnection[Any]) -> Suspects:
        return await adrive(conn, sweep(work.silence_s, suspects))

    while True:
        await asyncio.sleep(work.sweep_s)
        try:
            suspects = await queue.transact(round_)
        except Exception:
            logger.exception("the sweep failed")


async def _housekeeping(work: Work, queue: PatientConnector, jobs: JobManager) -> None:
    while True:
        await asyncio.sleep(BETWEEN_HOUSEKEEPING_S)
        try:
            await keep_house(work, queue, jobs)
        except Exception:
            logger.exception("housekeeping failed")
