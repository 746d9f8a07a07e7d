"""The sewers of a flood run: the network of the layers or of a file, its mouths on the streets, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.engines.flood import Coefficients, Sewers
from twin.engines.sewers import SewerInputError
from twin.processes.flood.sewers.asked import Sewerage
from twin.processes.flood.sewers.ends import Ends, on_the_surface
from twin.processes.flood.sewers.mouths import Mouths, roads
from twin.processes.flood.sewers.outputs import SewerOutputs
from twin.processes.flood.sewers.rows import WRITES, record
from twin.processes.flood.sewers.sources import source

if TYPE_CHECKING:
    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs
    from twin.processes.flood.sewers.survey import Place

__all__ = ["WRITES", "Plan", "SewerOutputs", "Sewerage", "plan", "record", "without_capacity"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is coupled, and where its nodes lie (city CRS)."""

    sewers: Sewers
    places: dict[str, Place]
    shapes: dict[str, Any]  # pipes' lines
    sizes: dict[str, float]  # m, the height of each pipe
    mended: dict[str, int] = field(default_factory=dict)


def without_capacity(inputs: FloodInputs) -> FloodInputs:
    """Inputs whose streets lose nothing to a drainage capacity when the sewers themselves are computed."""
    return inputs if inputs.sewers.source == "none" else inputs.model_copy(update={"drainage_mm_h": 0.0})


def plan(inputs: FloodInputs, ground: Ground, run: RunContext) -> Plan | None:
    """Read the network and lay its mouths on the ground; None where no sewers are asked for.

    Raises `SewerInputError` (TWIN-512) for a network that cannot be computed.
    """
    asked = inputs.sewers
    if asked.source == "none":
        return None
    made = source(inputs, ground, run)
    mouths = Mouths(ground, asked, roads(run, ground), made.mended)
    openings = mouths.open(made.places, made.pipes)
    if not openings:
        raise SewerInputError(
            "manhole", "计算范围内没有可与地面相通的检查井；请核对坐标和范围。",
            "no manhole lies on open ground of the area; check coordinates and area.",
        )  # fmt: skip
    ends = Ends(made.network)
    if asked.outfalls == "surface":
        own = {one.code for one in asked.outfall_levels}
        ends = on_the_surface(made.network, made.places, mouths, own, made.metre)
    sewers = Sewers(ends.network, openings, ends.outlets, Coefficients(orifice=asked.orifice), asked.step_s)
    return Plan(sewers, made.places, made.shapes, made.sizes, dict(made.mended))
