"""``twin run``: enqueue a process and follow it to its end (a worker has to be up)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import typer

from twin.cli.console import bar, out, say
from twin.cli.deployment import OPERATOR, Deployment
from twin.errors import TwinError


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(processes)
    app.command()(report)
    app.command()(publish)


def processes() -> None:
    """列出模拟过程 / List the processes."""
    from twin.processes.registry import registry

    for process in registry().values():
        out.print(f"{process.name} {process.version}  {process.title.zh} / {process.title.en}", markup=False)


def _inputs(settings: list[str]) -> dict[str, Any]:
    """``a.b=1`` sets nested inputs; values are JSON where they parse as JSON, else text."""
    inputs: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise TwinError(
                "TWIN-372", f"“{setting}”应写作 键=值", f'"{setting}" must read key=value', where="--set"
            )
        *parents, last = key.split(".")
        place = inputs
        for parent in parents:
            place = place.setdefault(parent, {})
        try:
            place[last] = json.loads(value)
        except json.JSONDecodeError:
            place[last] = value
    return inputs


def run(
    process: Annotated[str, typer.Argument(help="过程 / process")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="键=值 / key=value, e.g. storm.duration_min=60")
    ] = None,
    key: Annotated[str | None, typer.Option("--idempotency-key", help="幂等键 / idempotency key")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="等待结束 / wait for the end")] = True,
) -> None:
    """运行一个模拟过程 / Run a process."""
    from twin.actions import runs
    from twin.actions.run_row import ENDED
    from twin.processes.registry import find

    declared = find(process)
    deployment = Deployment()
    with deployment.store() as store:
        row, _ = runs.submit(store, OPERATOR, declared, _inputs(set_ or []), idempotency_key=key)
        say(f"运行 {row.id} 已排队", f"run {row.id} is queued")
        if not wait:
            return
        with bar(process, "%") as progress:
            while row.state not in ENDED:
                time.sleep(0.5)
                row = runs.get(store, OPERATOR, row.id)
                progress(row.progress, 100)
    out.print_json(
        json.dumps({"id": str(row.id), "state": row.state, "outputs": row.outputs, "error": row.error})
    )
    if row.state != "successful":
        raise typer.Exit(1)


def report(
    run: Annotated[UUID, typer.Argument(help="运行编号 / id of the run")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写到 / write to")] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option("--lang", help="语言 / language")] = "zh",
) -> None:
    """保存一次运行的报告（服务须已启动） / Save the report of a run (the service has to be up)."""
    settings = Deployment().settings
    base = f"http://{settings.host}:{settings.port}"
    key = settings.home / "console.key"
    headers = {"Authorization": f"Bearer {key.read_text().strip()}"} if key.is_file() else {}
    try:
        answer = httpx.get(f"{base}/runs/{run}/report", params={"lang": lang}, headers=headers, timeout=120.0)
    except httpx.HTTPError as error:
        raise TwinError(
            "TWIN-645",
            f"无法访问 {base}：{error}；请先运行 twin up。",
            f"cannot reach {base}: {error}; start with twin up first.",
            status=503,
        ) from error
    if not answer.is_success:
        told = answer.json()
        raise TwinError(
            str(told["code"]), str(told["detail"]), str(told["detail"]), status=answer.status_code
        )
    target = output or Path(f"report-{run}-{lang}.html")
    target.write_bytes(answer.content)
    say(f"报告已写到 {target}", f"the report is in {target}")


def publish(
    run: Annotated[UUID, typer.Argument(help="运行编号 / id of the run")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="撤回 / take it back")] = False,
) -> None:
    """发布一次运行的结果，或撤回 / Publish the results of a run, or take them back."""
    from twin.actions.publish import publish as act

    with Deployment().store() as store:
        row = act(store, OPERATOR, run, published=not withdraw)
    say(f"运行 {row.id} {'已发布' if row.published else '已撤回'}",
        f"run {row.id} is {'published' if row.published else 'taken back'}")  # fmt: skip
