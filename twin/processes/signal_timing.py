"""``signal-timing``: splits, cycle and offsets of an area's signals, checked by simulated vehicles, never worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, model_validator

from twin.processes.flood.geometry import Area
from twin.processes.models import Inputs, Outputs, Value, codes_of, field, run_of, titled
from twin.processes.registry import process
from twin.processes.traffic.asked import Asked
from twin.processes.traffic.simulated import LAYERS
from twin.processes.traffic.told import Note
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from twin.processes.context import RunContext

Node = Annotated[str, field("路口节点", "Junction", min_length=1, max_length=40, extra=codes_of("road_node"))]
EXAMPLE = {
    "assignment": {"zones": "community"},
    "most": 3,
    "minutes": 15,
    "checking_seeds": 1,
    "reporting_seeds": 2,
    "candidates": 1,
}


class SignalInputs(Inputs):
    """Which junctions, on which traffic, and how thoroughly it is checked."""

    base: UUID | None = field(
        "交通分配", "Assignment", None, extra=run_of("traffic-assignment"),
        description=Text(
            zh="转向流量取自该次分配；空：按下面的设置先行分配。",
            en="Turning flows are those of this run; empty: computed first, by the settings below.",
        ),
    )  # fmt: skip
    assignment: Asked = field("无分配时的分配", "Assignment where there is none", Asked())
    junctions: tuple[Node, ...] = field(
        "信号路口", "Junctions", (), max_length=60, extra=codes_of("road_node"),
        description=Text(
            zh="这些路口所围范围内的信号路口一并优化；空且无范围：流量最大的路口及其相邻路口。",
            en="Signals within the hull of these are timed too; empty, and no area: the busiest one and its neighbours.",
        ),
    )  # fmt: skip
    area: Area | None = field("范围", "Area", None)
    most: int = field("自动选取的路口数", "Junctions taken by itself", 5, ge=1, le=30)
    minutes: int = field("仿真时长", "Time simulated", 30, unit="min", ge=5, le=120)
    candidates: int = field("仿真检验的候选方案", "Candidates simulated", 3, ge=1, le=8)
    training_seeds: int = field("选择用随机种子数", "Seeds for choosing", 1, ge=1, le=5)
    checking_seeds: int = field(
        "检验用随机种子数", "Seeds for deciding", 3, ge=1, le=10,
        description=Text(
            zh="另一组种子：每个都变好才采用。", en="A set of their own: new timing is adopted where every one of them is better."
        ),
    )  # fmt: skip
    reporting_seeds: int = field(
        "报告用随机种子数", "Seeds for reporting", 5, ge=1, le=10,
        description=Text(
            zh="再另一组种子，只用于报告；若平均变差或多留下车辆则撤回。",
            en="Another set, reported only; new timing is withdrawn where it is worse on their mean or leaves more vehicles behind.",
        ),
    )  # fmt: skip
    compare: bool = field(
        "对比感应与最大压力控制", "Compare with control that answers traffic", False,
        description=Text(
            zh="另按感应、最大压力和预测控制仿真。", en="Also drives actuated, max-pressure and anticipating control."
        ),
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.junctions and self.area is not None:
            raise impossible(
                "area", "路口清单与范围只能给出一个。", "Give either junctions or an area, not both.", None
            )
        return self


class SeedRow(Value):
    """One seed: the area before and after."""

    model_config = ConfigDict(json_schema_extra=titled("一个随机种子", "One seed"))

    seed: int = field("种子", "Seed")
    before_s: float = field("现状平均延误", "Mean delay before", unit="s/veh")
    after_s: float = field("优化后平均延误", "Mean delay after", unit="s/veh")
    unserved_before: int = field("现状未到达车辆", "Vehicles not served before")
    unserved_after: int = field("优化后未到达车辆", "Vehicles not served after")


class TrialRow(Value):
    """A way of running the signals, driven on the seeds."""

    model_config = ConfigDict(json_schema_extra=titled("一种方案", "One way of running the signals"))

    name: str = field("方案", "Name")
    delay_s: float = field("平均延误", "Mean delay", unit="s/veh")
    served: bool = field("全部车辆到达", "Every vehicle served")


class SignalOutputs(Outputs):
    """The area before and after; junctions and plans are the layers."""

    junctions: int = field("信号路口", "Junctions")
    changed: int = field("采用新配时的路口", "Junctions with new timing")
    adopted: bool = field("采用", "Adopted")
    ratio: float = field(
        "延误之比（后/前，报告用种子）", "Delay after over before, on the reporting seeds", unit="1"
    )
    vehicles: int = field("仿真车辆", "Vehicles simulated")
    shortened: int = field("路线被截短的车辆", "Vehicles whose route was cut short")
    without_plan: tuple[str, ...] = field(
        "没有可用现行配时的路口", "Junctions without a usable plan in force"
    )
    seeds: tuple[SeedRow, ...] = field("报告用种子", "Reporting seeds")
    checks: tuple[SeedRow, ...] = field("检验用种子", "Deciding seeds")
    trials: tuple[TrialRow, ...] = field("候选方案（选择用种子）", "Candidates, on the seeds for choosing")
    others: tuple[TrialRow, ...] = field(
        "对比控制方式（报告用种子）", "Other control, on the reporting seeds"
    )
    notes: tuple[Note, ...] = field("提示", "Notes")
    sumo_program: str = field("SUMO 附加文件", "Additional file for SUMO")


@process(
    name="signal-timing",
    version="1.0.0",
    title=Text(zh="信号配时优化", en="Signal timing"),
    description=Text(
        zh="由转向流量计算各信号路口的延误与服务水平（HCM），优化区域内的绿信比、公共周期与相位差，"
        "用 SUMO 在多个随机种子上检验，只在变好时采用；输出可直接录入信号机的配时表和 SUMO 文件。",
        en="Delay and level of service of signals from turning flows (HCM); splits, common cycle and offsets of an area, checked in "
        "SUMO on several seeds and adopted only where better; the plans as a table to type in and as a file for SUMO.",
    ),
    inputs=SignalInputs,
    outputs=SignalOutputs,
    example=EXAMPLE,
    reads=(*LAYERS, "signal_plan"),
    writes=("signal_junction", "signal_plan_proposed"),
)
def signal_timing(inputs: SignalInputs, run: RunContext) -> SignalOutputs:
    """Raises TWIN-750 and 751 (SUMO), TWIN-753 (no assignment), TWIN-754 and 755 (no signals there, too many)."""
    from twin.processes.traffic.timing import timing

    return SignalOutputs(**timing(inputs, run))
