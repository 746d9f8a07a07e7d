"""``traffic-dynamics``: an hour of traffic minute by minute, in platoons (UXsim) or vehicle by vehicle (SUMO), with what-ifs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self
from uuid import UUID

from pydantic import model_validator

from twin.processes.models import Inputs, Outputs, codes_of, field, run_of
from twin.processes.registry import process
from twin.processes.traffic.asked import Asked, Code
from twin.processes.traffic.in_force import LAYERS as SIGNALS
from twin.processes.traffic.simulated import LAYERS
from twin.processes.traffic.told import Note
from twin.processes.traffic.water import LAYERS as WATER
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from twin.processes.context import RunContext

EXAMPLE = {"assignment": {"zones": "community"}, "minutes": 60, "interval": 15}


class DynamicsInputs(Inputs):
    """Which traffic, simulated how, and what changes."""

    base: UUID | None = field(
        "交通分配", "Assignment", None, extra=run_of("traffic-assignment"),
        description=Text(
            zh="车辆按该次分配的路段与转向流量行驶；空：按下面的设置先行分配。",
            en="Vehicles drive as its flows on links and turns say; empty: computed first, by the settings below.",
        ),
    )  # fmt: skip
    assignment: Asked = field("无分配时的分配", "Assignment where there is none", Asked())
    method: Literal["uxsim", "sumo"] = field(
        "方法", "Method", "uxsim",
        terms={
            "uxsim": Text(zh="UXsim：中观，快", en="UXsim: mesoscopic, fast"),
            "sumo": Text(zh="SUMO：逐车，慢", en="SUMO: vehicle by vehicle, slow"),
        },
    )  # fmt: skip
    minutes: int = field("需求时长", "Time with demand", 60, unit="min", ge=5, le=240)
    after: int = field("其后仿真", "Time simulated after it", 30, unit="min", ge=0, le=240)
    interval: int = field("时段", "Interval", 5, unit="min", ge=1, le=60)
    factor: float = field("需求倍数", "Times as many vehicles", 1.0, unit="1", gt=0, le=5)
    closed: tuple[Code, ...] = field(
        "封闭路段", "Closed roads", (), max_length=500, extra=codes_of("road_link"),
        description=Text(zh="两个方向均封闭；受影响车辆自行改道。", en="In both directions; their vehicles seek another way."),
    )  # fmt: skip
    flood: UUID | None = field(
        "内涝模拟", "Flood run", None, extra=run_of("flood"),
        description=Text(zh="按水深降速或封闭（Pregnolato 等 2017）。", en="Slows and closes roads by depth (Pregnolato et al. 2017)."),
    )  # fmt: skip
    flood_minute: float | None = field(
        "内涝时刻", "Minute of the flood", None, unit="min", ge=0, le=10_000,
        description=Text(zh="空：全过程最不利。", en="Empty: the worst of the whole flood."),
    )  # fmt: skip
    signals: UUID | None = field(
        "信号配时结果", "Signal timing", None, extra=run_of("signal-timing"),
        description=Text(
            zh="SUMO：该次运行建议的配时替换现行配时；空：现行配时。",
            en="SUMO: the plans that this run proposed, in place of those in force; empty: those in force.",
        ),
    )  # fmt: skip
    start: datetime = field(
        "起始时刻", "Begins at", datetime(2026, 7, 6, 0, 0, tzinfo=UTC),
        description=Text(zh="供地图按时间播放。", en="For the map to play over time."),
    )  # fmt: skip

    def published(self) -> bool:
        """A what-if stays with the asker."""
        return not self.closed and self.flood is None and self.signals is None and self.factor == 1.0

    @model_validator(mode="after")
    def _signals_are_driven(self) -> Self:
        if self.signals is not None and self.method != "sumo":
            raise impossible(
                "signals", "UXsim 不模拟信号灯；采用信号配时请选 method=sumo。",
                "UXsim has no signals; choose method=sumo to drive plans.", None,
            )  # fmt: skip
        return self


class DynamicsOutputs(Outputs):
    """The whole hour; links over time are the layer."""

    method: str = field("方法", "Method")
    vehicles: int = field("车辆", "Vehicles")
    arrived: int = field("到达车辆", "Vehicles arrived")
    not_driven: int = field(
        "未能行驶的车辆",
        "Vehicles without a way",
        description=Text(zh="起讫点被封闭。", en="Their beginning or end is closed."),
    )
    time_h: float = field("总出行时间", "Time in all", unit="veh.h")
    mean_speed: float = field("平均车速", "Mean speed", unit="km/h")
    slow_km: float = field("最拥堵时段慢速里程", "Slow roads in the worst interval", unit="km",
                           description=Text(zh="车速低于自由流一半的路段。", en="Links below half of their free speed."))  # fmt: skip
    longest_queue: float = field("最长排队", "Longest queue", unit="veh")
    longest_queue_road: str | None = field("最长排队路段", "Road with the longest queue", None)
    geh_share: float | None = field(
        "GEH<5 的路段比例", "Share of links with GEH below 5", None, unit="1",
        description=Text(
            zh="需求第一小时的路段流量与分配相比；有封闭、内涝或倍数时不计。",
            en="Flows of the first hour against the assignment; not told with closures, floods or a factor.",
        ),
    )  # fmt: skip
    closed_links: int = field("封闭的有向路段", "Directed links closed")
    intervals: int = field("时段数", "Intervals")
    signals: int | None = field("信号路口（SUMO）", "Signals (SUMO)", None)
    without_plan: tuple[str, ...] = field(
        "没有可用配时的路口", "Junctions without a usable plan", (),
        description=Text(zh="以 netconvert 的缺省方案为准。", en="netconvert's default stands in."),
    )  # fmt: skip
    notes: tuple[Note, ...] = field("提示", "Notes", ())


@process(
    name="traffic-dynamics",
    version="1.0.0",
    title=Text(zh="动态交通仿真", en="Traffic over time"),
    description=Text(
        zh="由交通分配生成车辆，用 UXsim（中观）或 SUMO（微观）逐时段仿真路段车速、密度、排队与流量，可封路、叠加内涝、放大需求；"
        "结果可在地图上按时间播放。",
        en="Vehicles made from an assignment are simulated with UXsim (mesoscopic) or SUMO (vehicle by vehicle): speed, density, "
        "queue and flow of links over time, with roads closed, under a flood or with more demand; the map can play the result.",
    ),
    inputs=DynamicsInputs,
    outputs=DynamicsOutputs,
    example=EXAMPLE,
    reads=(*LAYERS, *WATER, *SIGNALS),
    writes=("traffic_dynamics",),
)
def traffic_dynamics(inputs: DynamicsInputs, run: RunContext) -> DynamicsOutputs:
    """Raises TWIN-750 to 753 (SUMO, UXsim, assignment), TWIN-711 (flood run), TWIN-716 (unknown roads), TWIN-761
    (signal timing)."""
    from twin.processes.traffic.playing import played

    return DynamicsOutputs(**played(inputs, run))
