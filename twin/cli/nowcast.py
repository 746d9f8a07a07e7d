"""``twin nowcast``: keep asking for the newest flood (a worker has to be up)."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from twin.cli.console import say
from twin.cli.deployment import OPERATOR, Deployment
from twin.text import Text


def register(app: typer.Typer) -> None:
    app.command()(nowcast)


def nowcast(
    plan: Annotated[Path, typer.Argument(help="计划文件（TOML）/ plan (TOML)")],
    once: Annotated[bool, typer.Option("--once", help="只做一次 / one cycle only")] = False,
) -> None:
    """按间隔用最新降雨接续计算内涝 / At every interval, a flood from the newest rain and the last state."""
    from twin.jobs.nowcast import Plan, cycle, serve

    asked = Plan.read(plan)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def tell(slot: datetime, text: Text) -> None:
        say(f"{slot:%Y-%m-%d %H:%M}Z {text.zh}", text.en)

    with Deployment().store() as store:
        if once:
            told = cycle(store, OPERATOR, asked, datetime.now(UTC))
            tell(told.slot, told.text)
        else:
            serve(store, OPERATOR, asked, stop, tell)
