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
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="按该时刻所知做一次（回放），如 2026-07-05T15:00:00+08:00 / one cycle as of a moment (a replay)",
        ),
    ] = None,
) -> None:
    """按间隔用最新降雨接续计算内涝 / At every interval, a flood from the newest rain and the last state."""
    from twin.jobs.nowcast import Plan, cycle, serve

    asked, then = Plan.read(plan), None if at is None else _moment(at)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def tell(slot: datetime, text: Text) -> None:
        say(f"{slot:%Y-%m-%d %H:%M}Z {text.zh}", text.en)

    with Deployment().store() as store:
        if once or then is not None:
            told = cycle(store, OPERATOR, asked, then or datetime.now(UTC))
            tell(told.slot, told.text)
        else:
            serve(store, OPERATOR, asked, stop, tell)


def _moment(text: str) -> datetime:
    """A date and time with its offset from UTC; anything else is a wrong option."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        said = "须为带时区的时刻 / a date and time with its offset is needed: 2026-07-05T15:00:00+08:00"
        raise typer.BadParameter(said, param_hint="--at")
    return found
