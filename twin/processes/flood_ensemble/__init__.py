"""``flood-ensemble``: many floods that differ in storm and parameters, and how probable water is everywhere.

Each member is a ``flood`` run of its own, taken by any worker. Parameters are drawn by Latin hypercube (McKay, Beckman
and Conover 1979), with the same draws under every storm, so that storms can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.processes.flood_ensemble import outcomes
from twin.processes.flood_ensemble.inputs import EXAMPLE, FloodEnsembleInputs
from twin.processes.registry import process
from twin.text import Text

if TYPE_CHECKING:
    from twin.processes.context import RunContext


@process(
    name="flood-ensemble",
    version="1.0.0",
    title=Text(zh="内涝集合模拟", en="Flood ensemble"),
    description=Text(
        zh="对多种可能的降雨和不确定的参数各做一次内涝模拟，由任意多个作业进程分担，汇总为淹没概率、中位与 90% 分位水深，"
        "以及建筑受淹和道路中断的概率。",
        en="One flood for each of the storms that may come and each draw of the uncertain parameters, shared by any number "
        "of workers: probability of flooding, median and 90 % depth, and the probability that a building is reached "
        "or a road closed.",
    ),
    inputs=FloodEnsembleInputs,
    outputs=outcomes.FloodEnsembleOutputs,
    example=EXAMPLE,
    reads=outcomes.READS,
    writes=outcomes.WRITES,
    members=FloodEnsembleInputs.members,
)
def flood_ensemble(inputs: FloodEnsembleInputs, run: RunContext) -> outcomes.FloodEnsembleOutputs:
    """Sum up the members that ended well, each with its weight.

    Raises ``TwinError`` TWIN-540 when more than half of them failed.
    """
    return outcomes.record(inputs, run)
