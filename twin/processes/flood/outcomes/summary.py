"""The account of the water, and what it reached, as the run's own outputs."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict

from twin.processes.flood.observed import Fit
from twin.processes.flood.remarks import Remark
from twin.processes.flood.sewers.outputs import SewerOutputs
from twin.processes.models import Outputs, Value, field, titled
from twin.text import Text


class GaugeOutput(Value):
    """The highest water at a gauge."""

    model_config = ConfigDict(json_schema_extra=titled("监测点结果", "Gauge result"))

    name: str = field("名称", "Name")
    max_depth_m: float = field("最大水深", "Maximum depth", unit="m")
    max_level_m: float = field("最高水位", "Maximum level", unit="m")
    final_level_m: float = field("终了水位", "Final level", unit="m")


class FloodOutputs(Outputs):
    """The account of the water, and what it reached."""

    rain_m3: float = field("降雨量", "Rain", unit="m3")
    inflow_m3: float = field("入流量", "Inflow", unit="m3")
    infiltration_m3: float = field("下渗与管网排除量", "Taken by soil and sewers", unit="m3")
    outflow_m3: float = field("边界出流量", "Outflow over the edges", unit="m3")
    storage_m3: float = field("终了蓄水量", "Final storage", unit="m3")
    mass_error: float = field("水量平衡误差", "Mass-balance error", unit="1")
    start: datetime | None = field(
        "起始时间", "Start", None,
        description=Text(zh="时刻 0；结果的时间以此计。", en="Time 0, from which the times of the results count."),
    )  # fmt: skip
    duration_min: float = field("模拟时长", "Simulated time", 0.0, unit="min")
    frames: int = field("水深帧数", "Depth frames", 0)
    max_depth_m: float = field("最大水深", "Maximum depth", unit="m")
    flooded_area_m2: float = field(
        "淹没面积",
        "Flooded area",
        unit="m2",
        description=Text(zh="不含河湖。", en="Rivers and lakes left out."),
    )
    flooded_buildings: int = field("受淹建筑数", "Flooded buildings")
    people: float | None = field(
        "受影响人口（估算）", "People affected (estimate)", None, unit="people",
        description=Text(
            zh="受淹建筑中的居民：单元网格人口按居住建筑面积分摊。",
            en="Residents of flooded buildings: the grid cells' population shared out by living area.",
        ),
    )  # fmt: skip
    damaged_floor_m2: float = field(
        "等效全损面积", "Equivalent floor area lost", 0.0, unit="m2",
        description=Text(zh="损失率 × 基底面积之和。", en="Sum of the share lost times the footprint."),
    )  # fmt: skip
    damage: float | None = field(
        "建筑损失", "Damage to buildings", None, unit="CNY",
        description=Text(zh="未给出单位面积价值时为空。", en="Empty where no value per area is given."),
    )  # fmt: skip
    flooded_facilities: int = field("受淹设施数", "Flooded facilities", 0)
    flooded_road_links: int = field("积水路段数", "Flooded road links")
    closed_road_links: int = field("小型客车不可通行路段数", "Road links closed to cars")
    closed_by_vehicle: dict[str, int] = field(
        "中断路段数（按车辆类别）", "Closed links by class of vehicle", {}
    )
    waterlogging_points: dict[str, int] = field("积水点数（按等级）", "Waterlogging points by grade", {})
    flooded_cells: int = field("受淹网格数", "Flooded grid cells")
    cells: int = field("计算网格数", "Computed cells")
    solver: str = field(
        "求解方程", "Solver", "inertial",
        description=Text(zh="inertial：局部惯性方程；shallow_water：完整浅水方程。",
                         en="inertial: local inertial equations; shallow_water: full shallow-water equations."),
    )  # fmt: skip
    remarks: tuple[Remark, ...] = field(
        "说明", "Remarks", (),
        description=Text(zh="自动选择求解方程的理由、缺失的降雨数据等。", en="Why a solver was chosen, rain data that were missing."),
    )  # fmt: skip
    filled_m3: float = field(
        "填方量", "Earth filled", 0.0, unit="m3",
        description=Text(zh="假设方案抬高地面的土方。", en="That the edits of the run bring."),
    )  # fmt: skip
    dug_m3: float = field(
        "挖方量", "Earth dug", 0.0, unit="m3",
        description=Text(zh="假设方案降低地面的土方。", en="That the edits of the run take away."),
    )  # fmt: skip
    structures_m3: dict[str, float] = field(
        "经水工建筑物的水量（按编号）", "Passed by structures, by code", {}, unit="m3",
        description=Text(zh="由上游到下游为正。", en="Positive from upstream to downstream."),
    )  # fmt: skip
    steps: int = field("时间步数", "Time steps")
    engine_s: float = field("计算耗时", "Engine time", unit="s")
    observed: tuple[Fit, ...] = field("模型与观测", "Model against observations", ())
    state_min: float | None = field(
        "已保存状态的时刻", "State kept at", None, unit="min",
        description=Text(zh="供下一次运行接续。", en="For the next run to go on from."),
    )  # fmt: skip
    gauges: tuple[GaugeOutput, ...] = field("监测点", "Gauges", ())
    sewers: SewerOutputs | None = field("管网", "Sewers", None)
