"""What a flood run is asked: the storm, the time, the ground's treatment, inflows, edges and gauges."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, model_validator

from twin.processes.flood.asked import SOLVER, Asked
from twin.processes.flood.boundary import Edges, Gauge, InitialWater, PointInflow, Stretch
from twin.processes.flood.edits import MAX_EDITS, Edit, PipeEdit
from twin.processes.flood.geometry import Latitude, Longitude
from twin.processes.flood.going_on import HotStart
from twin.processes.flood.observed import Observed
from twin.processes.flood.sewers.asked import SEWER_LAYERS, Sewerage
from twin.processes.flood.soil import Infiltration, Tables
from twin.processes.models import Inputs, field, laid_out
from twin.processes.storm import RainGauges, RainRaster, Storm
from twin.processes.validation import impossible
from twin.text import Text

__all__ = ["EXAMPLE", "Edges", "FloodInputs", "Gauge", "PointInflow"]

LAYOUT = laid_out(
    ("storm", "duration_min", "cell_m", "buildings", "sewers"),
    (
        ("监测点与观测", "Gauges and observations", ("gauges", "observed")),
        ("假设方案", "What if", ("edits", "structures", "break_lines")),
        (
            "下渗与糙率",
            "Infiltration and roughness",
            (
                "drainage_mm_h", "soil_mm_h", "initial_loss_mm", "infiltration", "roughness", "roughness_factor", "tables",
                "building_rise_m",
            ),
        ),
        ("入流、边界与初始水面", "Inflows, edges, initial water", ("inflows", "edges", "boundaries", "initial_water")),
        ("计算与时间", "Computation and time", ("start", "bbox", "solver", "precision", "hot_start")),
        ("结果与判定", "Outcomes and thresholds", ("flooded_m", "threshold_m", "road_threshold_m", "outcomes")),
    ),
)  # fmt: skip


class FloodInputs(Inputs):
    """Lengths in m, times in min, positions in CRS84."""

    model_config = ConfigDict(json_schema_extra=LAYOUT)

    storm: Storm | None = field("降雨", "Rain", None)
    rain_factor: float = field(
        "雨量系数", "Factor on the rain", 1.0, unit="1", ge=0.1, le=5,
        description=Text(zh="乘在所有雨强上，供集合与敏感性分析。", en="Times all intensities, for ensembles and what-ifs."),
    )  # fmt: skip
    start: AwareDatetime | None = field(
        "起始时间",
        "Start",
        None,
        description=Text(
            zh="时刻 0 的日期时间；不填时取降雨栅格的起点，否则取 2000-01-01T00:00:00Z。",
            en="Date and time of time 0; left out: that of the rain rasters, else 2000-01-01T00:00:00Z.",
        ),
    )
    duration_min: float | None = field(
        "模拟时长",
        "Simulated time",
        None,
        unit="min",
        description=Text(
            zh="不填时为降雨历时加 60 分钟。", en="Left out: the rain's duration and 60 minutes more."
        ),
        ge=1,
        le=2880,
    )
    cell_m: float | None = field(
        "计算网格",
        "Cell size",
        None,
        unit="m",
        description=Text(
            zh="不填时用地形的网格；较大的值取其整数倍。",
            en="Left out: the terrain's own cells; larger values are taken as a multiple of them.",
        ),
        ge=0.1,
        le=1000,
    )
    bbox: tuple[Longitude, Latitude, Longitude, Latitude] | None = field(
        "计算范围", "Area", None, description=Text(zh="西、南、东、北。", en="West, south, east, north.")
    )
    solver: Literal["inertial", "shallow_water", "auto"] = field(
        "求解方程", "Solver", "inertial", terms=SOLVER
    )
    precision: Literal["float32", "float64"] = field(
        "计算精度",
        "Precision",
        "float32",
        terms={
            "float32": Text(zh="单精度（雨量仍按双精度累计）", en="single (rain summed in double)"),
            "float64": Text(zh="双精度", en="double"),
        },
    )
    buildings: Literal["blocked", "raised", "storage", "ignored"] = field(
        "建筑处理",
        "Buildings",
        "blocked",
        terms={
            "blocked": Text(zh="阻水", en="blocked"),
            "raised": Text(zh="抬高地面", en="raised ground"),
            "storage": Text(zh="进水蓄水", en="fill above the floor"),
            "ignored": Text(zh="不考虑", en="ignored"),
        },
        description=Text(
            zh="进水蓄水：建筑内地面取首层高程（缺则地面加 0.15 m），水位超过后进水，室内糙率 0.3，屋面雨水排到墙外。",
            en="Fill above the floor: inside, the ground stands at the floor's level (0.15 m above ground where unknown); "
            "water above it enters, n is 0.3, and the roof's rain goes outside.",
        ),
    )
    building_rise_m: float = field("建筑抬高", "Rise of buildings", 3.0, unit="m", gt=0, le=50)
    roughness: dict[str, Annotated[float, field("糙率", "Manning's n", ge=0.005, le=1.0)]] = field(
        "糙率（按用地代码）",
        "Manning's n by land-use code",
        {},
        description=Text(
            zh="覆盖默认表：用地代码或其前缀 → 糙率；“*” 为其余各处。",
            en='Instead of the table: a land-use code or its beginning → n; "*" for everywhere else.',
        ),
        unit="s m^-1/3",
        max_length=200,
    )
    roughness_factor: float = field(
        "糙率系数",
        "Factor on Manning's n",
        1.0,
        unit="1",
        ge=0.1,
        le=10,
        description=Text(zh="乘在所有糙率上，供率定。", en="Times all values of n, for calibration."),
    )
    infiltration: Infiltration = field("下渗", "Infiltration", Infiltration())
    tables: Tables = field("参数表的修改", "Changes of the tables", Tables())
    soil_mm_h: float = field(
        "土壤下渗能力",
        "Soil infiltration capacity",
        6.5,
        unit="mm/h",
        description=Text(
            zh="透水部分的饱和下渗率，默认粉砂壤土。", en="On the pervious share; the default is a silt loam."
        ),
        ge=0,
        le=500,
    )
    drainage_mm_h: float = field(
        "管网排除能力",
        "Drainage capacity",
        20.0,
        unit="mm/h",
        description=Text(
            zh="硬化部分由雨水管网带走的雨强上限（管网模型接入之前的替代）。",
            en="What the sewers take from the sealed share at most (in place of a sewer model).",
        ),
        ge=0,
        le=500,
    )
    sewers: Sewerage = field("排水管网", "Sewers", Sewerage())
    initial_loss_mm: float = field("初损", "Initial loss", 2.0, unit="mm", ge=0, le=200)
    inflows: tuple[PointInflow, ...] = field("点源入流", "Inflows", (), max_length=100)
    edges: Edges = field("边界", "Edges", Edges())
    boundaries: tuple[Stretch, ...] = field("河流与潮位", "Rivers and tide", (), max_length=50)
    initial_water: InitialWater = field("初始水面", "Initial water", InitialWater())
    break_lines: bool = field(
        "刻入断裂线",
        "Burn in break lines",
        True,
        description=Text(
            zh="断裂线图层中的围墙、堤防、路缘石与开口。", en="Walls, dikes, kerbs and openings of the layer."
        ),
    )
    structures: bool = field(
        "计入水工建筑物",
        "Hydraulic structures",
        True,
        description=Text(
            zh="涵洞、桥孔、堰、闸、泵。", en="Culverts, bridges, weirs, gates and pumps of the layer."
        ),
    )
    edits: tuple[Edit, ...] = field(
        "假设方案",
        "What if",
        (),
        description=Text(
            zh="只用于本次模拟的改动：抬高道路、挖池、筑墙、开口、改变用地、关闭涵洞、扩大管径等；依次生效。",
            en="Changes for this run only: raise a road, dig a pond, build a wall, cut an opening, change the land use, "
            "close a culvert, enlarge a pipe; applied in their order.",
        ),
        max_length=MAX_EDITS,
    )
    gauges: tuple[Gauge, ...] = field("监测点", "Gauges", (), max_length=500)
    observed: tuple[Observed, ...] = field(
        "观测",
        "Observations",
        (),
        description=Text(
            zh="测得的水位或水深：与模拟过程线一同给出，并计算误差与纳什系数。",
            en="Measured levels or depths: told beside the modelled series, with errors and Nash-Sutcliffe efficiency.",
        ),
        max_length=100,
    )
    hot_start: HotStart = field("热启动", "Hot start", HotStart())
    threshold_m: float = field("到达判定水深", "Depth of arrival", 0.05, unit="m", ge=0.01, le=1)
    flooded_m: float = field(
        "内涝判定水深",
        "Depth that counts as flooded",
        0.15,
        unit="m",
        description=Text(
            zh="建筑、网格和淹没面积按此统计；GB 51222 以 15 cm 为限。",
            en="For buildings, grid cells and the flooded area; GB 51222 draws the line at 15 cm.",
        ),
        ge=0.01,
        le=5,
    )
    road_threshold_m: float = field("道路积水水深", "Depth that floods a road", 0.05, unit="m", ge=0.01, le=5)
    outcomes: Asked = field("结果", "Outcomes", Asked())

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.storm is None and not (self.inflows or self.boundaries) and self.initial_water.where == "dry":
            raise impossible(
                "storm",
                "没有降雨、入流、边界过程和初始水面；请至少给出一项。",
                "There is no rain, inflow, boundary series or initial water; give one of them.",
            )
        if self.storm is None and self.duration_min is None:
            raise impossible(
                "duration_min",
                "没有降雨时必须给出模拟时长。",
                "Without rain the simulated time must be given.",
            )
        if any(isinstance(edit, PipeEdit) for edit in self.edits) and self.sewers.source != "layers":
            raise impossible(
                "edits",
                "改变管段须由图层计算管网（sewers.source = layers）。",
                "A change of a sewer pipe takes a run with the sewers of the layers (sewers.source = layers).",
            )
        if self.bbox is not None and (self.bbox[0] >= self.bbox[2] or self.bbox[1] >= self.bbox[3]):
            raise impossible(
                "bbox", "计算范围须为西、南、东、北。", "The area must be given as west, south, east, north."
            )
        return self

    def published(self) -> bool:
        """What-if questions are not the city's flood."""
        return not self.edits

    def layers(self) -> tuple[tuple[str, str], ...]:
        """The rain layer or the sensors, when the storm is made of them, and the sewers' layers when they are computed."""
        drains: tuple[tuple[str, str], ...] = ()
        if self.sewers.source == "layers":
            drains = tuple(("sewers.source", layer) for layer in SEWER_LAYERS)
        if isinstance(self.storm, RainRaster):
            return (("storm.layer", self.storm.layer), *drains)
        if isinstance(self.storm, RainGauges) and any(gauge.sensor for gauge in self.storm.gauges):
            return (("storm.gauges", "sensor"), *drains)
        return drains


def with_observed(inputs: FloodInputs) -> FloodInputs:
    """The observed places are gauges too; they stand behind the asked ones, in their own order."""
    observed = tuple(one.gauge() for one in inputs.observed)
    return inputs.model_copy(update={"gauges": (*inputs.gauges, *observed)})


EXAMPLE: dict[str, Any] = {
    "storm": {
        "kind": "design",
        "formula": "chongqing",
        "return_period_a": 50.0,
        "duration_min": 60.0,
        "step_min": 5.0,
        "peak_ratio": 0.4,
    },
    "duration_min": 75.0,
    "cell_m": 10.0,  # a first answer in seconds; left out, the terrain's own 5 m take eight times the work
    "buildings": "blocked",
}
