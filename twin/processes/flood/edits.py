"""What if: changes of ground, walls, cover, structures and pipes for one run; the city's data stay as they are."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Discriminator, model_validator

from twin.processes.flood.geometry import Area, Line, Shape
from twin.processes.models import Value, codes_of, field, titled
from twin.processes.validation import impossible
from twin.text import Text

MAX_EDITS = 200
Level = Annotated[float, field("高程", "Level", unit="m", ge=-500, le=9000)]
Code = Annotated[str, field("编号", "Code", min_length=1, max_length=40)]


def one_of(key: str, first: object, second: object) -> None:
    """Exactly one of two inputs must be given."""
    if (first is None) == (second is None):
        raise impossible(
            key, "两种给法须且只能取一种。", "Exactly one of the two ways of giving it must be used."
        )


class TerrainEdit(Value):
    """Raise or lower a road or a place."""

    model_config = ConfigDict(json_schema_extra=titled("抬高或降低地面", "Raise or lower ground"))

    kind: Literal["terrain"] = field("类型", "Kind", "terrain")
    road: Code | None = field("路段编号", "Road link", None, extra=codes_of("road_link"))
    geometry: Shape | None = field("线或面", "Line or polygon", None)
    width_m: float | None = field(
        "宽度", "Width", None, unit="m", gt=0, le=500,
        description=Text(
            zh="线的宽度；路段不填时取其图层中的宽度。", en="Of a line; left out for a road: as in its layer."
        ),
    )  # fmt: skip
    action: Literal["raise_by", "lower_by", "raise_to", "lower_to", "set_to"] = field(
        "做法",
        "Action",
        "raise_by",
        terms={
            "raise_by": Text(zh="抬高（米）", en="raise by"),
            "lower_by": Text(zh="降低（米）", en="lower by"),
            "raise_to": Text(zh="抬高至（高程）", en="raise to"),
            "lower_to": Text(zh="降低至（高程）", en="lower to"),
            "set_to": Text(zh="整平至（高程）", en="level to"),
        },
    )
    value_m: float = field("数值", "Value", unit="m", ge=-500, le=9000)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        one_of("edits.road", self.road, self.geometry)
        if self.action.endswith("_by") and not 0 < self.value_m <= 100:
            raise impossible(
                "edits.value_m",
                "抬高或降低的米数须大于 0 且不超过 100。",
                "Ground is raised or lowered by more than 0 and at most 100 m.",
                self.value_m,
            )
        return self


class PondEdit(Value):
    """Dig a basin."""

    model_config = ConfigDict(json_schema_extra=titled("新增调蓄池", "Add a pond"))

    kind: Literal["pond"] = field("类型", "Kind", "pond")
    geometry: Area = field("范围", "Polygon")
    depth_m: float | None = field("挖深", "Depth", None, unit="m", gt=0, le=100)
    bottom_m: Level | None = field("底高程", "Level of the bottom", None, unit="m")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        one_of("edits.depth_m", self.depth_m, self.bottom_m)
        return self


class WallEdit(Value):
    """Build a wall or dike."""

    model_config = ConfigDict(json_schema_extra=titled("新增挡墙", "Add a wall"))

    kind: Literal["wall"] = field("类型", "Kind", "wall")
    geometry: Line = field("线", "Line")
    height_m: float | None = field("高出地面", "Height above ground", None, unit="m", gt=0, le=50)
    crest_m: Level | None = field("顶高程", "Level of the crest", None, unit="m")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        one_of("edits.height_m", self.height_m, self.crest_m)
        return self


class OpeningEdit(Value):
    """Cut a way for the water."""

    model_config = ConfigDict(json_schema_extra=titled("新增开口或明沟", "Add an opening or ditch"))

    kind: Literal["opening"] = field("类型", "Kind", "opening")
    geometry: Line = field("线", "Line")
    width_m: float | None = field("宽度", "Width", None, unit="m", gt=0, le=200)
    depth_m: float | None = field("低于地面", "Depth below ground", None, unit="m", gt=0, le=50)
    bottom_m: Level | None = field("底高程", "Level of the bottom", None, unit="m")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        one_of("edits.depth_m", self.depth_m, self.bottom_m)
        return self


class CoverEdit(Value):
    """Change the land use: a green roof of a city is a park on its map."""

    model_config = ConfigDict(json_schema_extra=titled("改变用地", "Change the land use"))

    kind: Literal["cover"] = field("类型", "Kind", "cover")
    geometry: Area = field("范围", "Polygon")
    land_use: str = field("用地分类代码", "Land-use code", min_length=2, max_length=10)


class StructureEdit(Value):
    """Close, open or resize a culvert, gate, weir or pump of the layer."""

    model_config = ConfigDict(json_schema_extra=titled("改变水工建筑物", "Change a structure"))

    kind: Literal["structure"] = field("类型", "Kind", "structure")
    code: Code = field("编号", "Code", extra=codes_of("hydraulic_structure"))
    closed: bool = field("关闭（堵塞、停机）", "Closed (blocked, out of order)", False)
    width_m: float | None = field("净宽或内径", "Clear width or diameter", None, unit="m", gt=0, le=500)
    capacity_m3_s: float | None = field("泵的流量", "Capacity of a pump", None, unit="m3/s", gt=0, le=1e4)
    times_min: tuple[Annotated[float, field("时刻", "Time", unit="min", ge=0, le=2880)], ...] = field(
        "调度时刻", "Times of the schedule", (), unit="min", max_length=500,
        description=Text(zh="与开度一同给出；首个时刻之前关闭。", en="Beside the openings; shut before the first one."),
    )  # fmt: skip
    opening: tuple[Annotated[float, field("开度", "Opening", ge=0, le=1)], ...] = field(
        "开度", "Openings of the schedule", (), unit="1", max_length=500,
        description=Text(
            zh="闸门开度或泵的流量份额（0 至 1），由各时刻起保持；图层中的启停水位不再生效。",
            en="Share of a gate's opening or of a pump's capacity (0 to 1), held from each time on, in place of the "
            "layer's levels.",
        ),
    )  # fmt: skip

    @model_validator(mode="after")
    def _possible(self) -> Self:
        rising = all(b > a for a, b in itertools.pairwise(self.times_min))
        if len(self.times_min) != len(self.opening) or not rising:
            raise impossible(
                "edits.times_min",
                "调度时刻须严格递增，且与开度一一对应。",
                "The times of a schedule must increase, with one opening for each.",
            )
        return self


class PipeEdit(Value):
    """Enlarge or close a sewer pipe of the layer; takes a run with sewers."""

    model_config = ConfigDict(json_schema_extra=titled("改变管段", "Change a sewer pipe"))

    kind: Literal["pipe"] = field("类型", "Kind", "pipe")
    code: Code = field("编号", "Code", extra=codes_of("drain_pipe"))
    closed: bool = field("堵塞", "Blocked", False)
    diameter_mm: float | None = field("管径", "Diameter", None, unit="mm", ge=50, le=20_000)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.closed == (self.diameter_mm is not None):
            raise impossible(
                "edits.diameter_mm",
                "须给出新管径，或设为堵塞，二者取一。",
                "Give a new diameter or block the pipe, one of the two.",
            )
        return self


class NewStructure(Value):
    """Add a culvert, bridge opening, weir, gate or pump from the first point of a line to its last one."""

    model_config = ConfigDict(json_schema_extra=titled("新增水工建筑物", "Add a structure"))

    kind: Literal["new_structure"] = field("类型", "Kind", "new_structure")
    geometry: Line = field(
        "线", "Line", description=Text(zh="由上游到下游。", en="From upstream to downstream.")
    )
    structure: Literal["culvert", "bridge", "weir", "gate", "pump"] = field("种类", "Structure", "culvert")
    width_m: float = field("净宽或内径", "Clear width or diameter", 1.0, unit="m", gt=0, le=500)
    height_m: float | None = field("净高", "Clear height", None, unit="m", gt=0, le=50)
    barrels: int = field("孔数", "Number of openings", 1, ge=1, le=50)
    sill_m: Level | None = field(
        "底高程", "Level of invert or crest", None, unit="m",
        description=Text(zh="不填时取两端地面。", en="Left out: the ground at the ends."),
    )  # fmt: skip
    capacity_m3_s: float | None = field("泵的流量", "Capacity of a pump", None, unit="m3/s", gt=0, le=1e4)
    one_way: bool = field("只向下游过水", "Flows downstream only", False)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.structure == "pump" and self.capacity_m3_s is None:
            raise impossible("edits.capacity_m3_s", "新增泵须给出流量。", "A new pump needs its capacity.")
        return self


Edit = Annotated[
    TerrainEdit | PondEdit | WallEdit | OpeningEdit | CoverEdit | StructureEdit | PipeEdit | NewStructure,
    Discriminator("kind"),
]
