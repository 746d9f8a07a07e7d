"""Signal programs for SUMO: an additional file with one ``tlLogic`` a junction."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.engines.traffic.signals.program import Program

NAME = "twin"


def additional(programs: Iterable[Program], name: str = NAME) -> str:
    """The text of an additional file that adds the programs as ``name`` and so makes them the ones that run."""
    rows = []
    for one in programs:
        offset = one.offset % one.cycle
        rows.append(
            f'  <tlLogic id={quoteattr(one.junction)} type="static" programID={quoteattr(name)} offset="{offset:g}">'
        )
        rows += [f'    <phase duration="{seconds:g}" state="{state}"/>' for seconds, state in one.intervals()]
        rows.append("  </tlLogic>")
    return "\n".join(["<additional>", *rows, "</additional>", ""])


def actuated(programs: Iterable[Program], longest: float = 50.0, name: str = NAME) -> str:
    """The programs as SUMO's gap-based actuated control: greens between their minimum and ``longest`` seconds."""
    rows = []
    for one in programs:
        rows.append(
            f'  <tlLogic id={quoteattr(one.junction)} type="actuated" programID={quoteattr(name)} offset="0">'
        )
        greens = {(stage.green, stage.state): stage.minimum for stage in one.stages}
        for seconds, state in one.intervals():
            least = greens.get((seconds, state))
            bounds = "" if least is None else f' minDur="{least:g}" maxDur="{max(longest, seconds):g}"'
            rows.append(f'    <phase duration="{seconds:g}" state="{state}"{bounds}/>')
        rows.append("  </tlLogic>")
    return "\n".join(["<additional>", *rows, "</additional>", ""])
