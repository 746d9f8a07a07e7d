"""The service: ``twin up`` (all on one machine), ``twin web`` and ``twin worker`` (one process each), ``twin demo``."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Annotated

import httpx
import typer
from pydantic import SecretStr

from twin.cli.console import say, step
from twin.cli.deployment import Deployment
from twin.cli.supervise import Supervisor, leave_on_sigterm, stay
from twin.errors import TwinError

READY_TIMEOUT_S = 60.0


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(web)
    app.command()(worker)
    app.command()(down)
    app.command()(demo)


def web() -> None:
    """启动网络服务进程 / Serve the doors (web process)."""
    import uvicorn

    from twin.web.app import create_app

    deployment = Deployment()
    settings = deployment.settings.model_copy(update={"database_url": SecretStr(deployment.url)})
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )


def worker() -> None:
    """启动作业进程 / Execute runs (worker process)."""
    from twin.jobs.worker import run_worker

    deployment = Deployment()
    run_worker(
        deployment.url,
        deployment.catalog,
        deployment.settings.artifacts_url,
        concurrency=deployment.settings.workers,
    )


def down() -> None:
    """停止私有数据库集群 / Stop the private cluster."""
    deployment = Deployment()
    if deployment.cluster is not None:
        deployment.cluster.stop()
        say("数据库集群已停止", "the private cluster is stopped")


def up() -> None:
    """启动数据库、服务与作业进程 / Start the cluster, bring it to the catalogue, serve and work."""
    with running(Deployment()) as (supervisor, base):
        say(f"服务地址 {base}，Ctrl+C 停止", f"serving on {base}, Ctrl+C stops")
        supervisor.run()


@contextmanager
def running(deployment: Deployment) -> Iterator[tuple[Supervisor, str]]:
    """Cluster, schema, web and worker, ready to answer; everything started here is stopped on the way out."""
    leave_on_sigterm()
    settings = deployment.settings
    _port_free(settings.host, settings.port)
    # loaded while the cluster is made: both take about two seconds
    Thread(target=import_module, args=("twin.store.migrate",), daemon=True).start()
    with step("启动数据库", "starting the database"):
        url = deployment.url
    try:
        from twin.store.migrate import migrate

        if settings.database_url is None or settings.owner_url is not None:
            with step("按目录迁移数据库", "bringing the database to the catalogue"):
                migrate(deployment.owner_url, deployment.catalog, deployment.storage_crs)
        supervisor = Supervisor(
            logs=settings.home / "log",
            environment={"TWIN_DATABASE_URL": url},
            commands={"web": ["web"], "worker": ["worker"]},
        )
        base = f"http://{settings.host}:{settings.port}"
        try:
            with step("启动网络服务与作业进程", "starting the web and worker processes"):
                supervisor.start()
                wait_ready(base, supervisor)
            yield supervisor, base
        finally:
            supervisor.stop()
    finally:
        stay()
        if deployment.cluster is not None:
            deployment.cluster.stop()


def _port_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise TwinError(
                "TWIN-641",
                f"端口 {host}:{port} 已被占用；请停止占用者，或设置 TWIN_PORT",
                f"port {host}:{port} is taken; stop what uses it, or set TWIN_PORT",
                where="TWIN_PORT",
            ) from error


def wait_ready(base: str, supervisor: Supervisor) -> None:
    """Wait until ``/ready`` answers 200; raises with the log's place when it does not in time."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        supervisor.tend()
        try:
            if httpx.get(f"{base}/ready", timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TwinError(
        "TWIN-642",
        f"服务在 {READY_TIMEOUT_S:.0f} 秒内没有就绪，详见日志 {supervisor.logs}",
        f"the service was not ready within {READY_TIMEOUT_S:.0f} s, see the logs in {supervisor.logs}",
    )


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="验证各地址后退出 / verify each address and exit")
    ] = False,
    sample: Annotated[Path | None, typer.Option(help="示例城市目录 / folder of the sample city")] = None,
) -> None:
    """装载示例城市，淹没它，并在地图上查看 / Load the sample city, flood it, look at it on the map."""
    from twin.cli.demo import show

    deployment = Deployment()
    with running(deployment) as (supervisor, base):
        addresses = show(deployment, base, sample)
        for title, address in addresses:
            say(title, address)
        if check:
            from twin.cli.demo import verify

            verify(deployment, addresses)
            say("全部地址已验证", "every address answered")
            return
        say("Ctrl+C 停止", "Ctrl+C stops")
        supervisor.run()
