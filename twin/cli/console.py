"""What the command line prints: steps with their duration, progress bars, refusals with their remedy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from twin.errors import Refused, TwinError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(zh: str, en: str) -> None:
    out.print(f"• {zh} / {en}", soft_wrap=True, markup=False)


@contextmanager
def step(zh: str, en: str) -> Iterator[None]:
    """One line for one step: what it does, and how long it took."""
    start = time.monotonic()
    text = f"{zh} / {en}"
    if out.is_terminal:
        with out.status(text):
            yield
    else:
        yield
    out.print(f"✓ {text} ({time.monotonic() - start:.1f} s)", soft_wrap=True, markup=False)


@contextmanager
def bar(title: str, unit: str = "") -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar to be told ``(done, total or None)``."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        console=err,
    )
    with progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def explain(error: TwinError) -> None:
    """A refusal in both languages, with each problem it found (the first 20)."""
    where = f"{error.where}: " if error.where else ""
    err.print(f"✗ {where}{error.code} {error.text.zh}\n  {error.text.en}", soft_wrap=True, markup=False)
    if isinstance(error, Refused):
        for problem in error.problems[:20]:
            err.print(f"  - {problem.line('zh')}\n    {problem.text.en}", soft_wrap=True, markup=False)
        if len(error.problems) > 20:
            err.print(f"  … {len(error.problems) - 20}", markup=False)
