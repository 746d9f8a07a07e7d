"""``flood``: rain on the city's terrain, water over streets between buildings, and what it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.engines.flood import Cancelled
from twin.processes.flood import outcomes, sewers
from twin.processes.flood.engine import settings
from twin.processes.flood.going_on import march, same_run
from twin.processes.flood.ground import build
from twin.processes.flood.inputs import EXAMPLE, FloodInputs, with_observed
from twin.processes.registry import process
from twin.text import Text

if TYPE_CHECKING:
    from twin.processes.context import RunContext

READS = ("terrain", "soil", "break_line", "hydraulic_structure", *outcomes.READS)
WRITES = (*outcomes.WRITES, *sewers.WRITES)


@process(
    name="flood",
    version="1.0.0",
    title=Text(zh="城市内涝模拟", en="Urban flood"),
    description=Text(
        zh="暴雨落在地形上，扣除下渗与管网排除的水量，在建筑之间的街道上二维演进（局部惯性方程），"
        "给出最大水深、流速、危险度与到达时间，以及受淹的建筑、道路和单元网格。",
        en="Rain falls on the terrain, soil and sewers take their share, and the rest flows in two dimensions between "
        "the buildings (local inertial equations): maximum depth, speed, hazard and time of arrival, and the "
        "buildings, roads and grid cells that are flooded.",
    ),
    inputs=FloodInputs,
    outputs=outcomes.FloodOutputs,
    example=EXAMPLE,
    reads=READS,
    writes=WRITES,
)
def flood(inputs: FloodInputs, run: RunContext) -> outcomes.FloodOutputs:
    """Read the layers, run the engine, record the results.

    Raises ``TwinError`` TWIN-52n when the city has no terrain or the asked area lies outside it.
    """
    run.progress(0.01, "读取地形、用地和建筑", "reading terrain, land use and buildings")
    inputs = sewers.without_capacity(with_observed(inputs))
    same_run(inputs.hot_start, outcomes.begins(inputs), inputs.sewers.source, run)
    ground = build(inputs, run)
    drains = sewers.plan(inputs, ground, run)
    recorder = outcomes.Recorder(inputs, ground, run)
    run.progress(0.08, "计算积水演进", "computing the flow")
    try:
        result = march(inputs.hot_start, run, recorder.frames(), ground.duration_s, ground.domain, {
            **settings(inputs, ground, run),
            "gauge_interval_s": inputs.outcomes.gauge_interval_s(ground.duration_s),
            "sections": outcomes.sections(inputs, ground.transform, ground.domain.z.shape, run.srid),
            "sewers": None if drains is None else drains.sewers,
            "threshold_m": inputs.threshold_m,
            "progress": lambda share: run.progress(0.08 + 0.82 * share, "计算积水演进", "computing the flow"),
        })  # fmt: skip
    except Cancelled:
        run.check()
        raise
    run.progress(0.92, "汇总受淹的建筑、道路和网格", "summing up buildings, roads and grid cells")
    told = outcomes.record(inputs, ground, result, run, recorder)
    if drains is None or result.sewers is None:
        return told
    return told.model_copy(update={"sewers": sewers.record(drains, result.sewers, run)})
