"""What a flood run is asked about sewers."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, model_validator

from twin.processes.models import Value, field, titled
from twin.processes.validation import impossible
from twin.text import Text

SEWER_LAYERS = ("drain_pipe", "manhole", "outfall", "pump_station")
type Stage = float | tuple[NDArray[np.float64], NDArray[np.float64]] | None
MAX_FILE = 20_000_000  # characters


class OutfallLevel(Value):
    """The level outside one outfall: a river or tide that stands against it."""

    model_config = ConfigDict(json_schema_extra=titled("排放口外水位", "Level outside an outfall"))

    code: str = field("排放口编号", "Outfall code", min_length=1, max_length=40)
    times_min: tuple[float, ...] = field("时刻", "Times", (), unit="min", max_length=10_000)
    level_m: tuple[float, ...] = field(
        "水位", "Level", unit="m", min_length=1, max_length=10_000,
        description=Text(zh="一个值为定水位，多个值与时刻对应。", en="One value is held; several go with the times."),
    )  # fmt: skip

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _rising("sewers.outfall_levels.times_min", self.times_min, self.level_m)
        return self

    def stage(self) -> Stage:
        """As the engine takes it."""
        return _stage(self.times_min, self.level_m)


class Sewerage(Value):
    """Whether and from what the sewers are computed; levels in the city's datum."""

    model_config = ConfigDict(json_schema_extra=titled("排水管网", "Sewers"))

    source: Literal["none", "layers", "file"] = field(
        "管网来源", "Network", "none",
        terms={
            "none": Text(zh="不计算管网（按排除能力扣除）", en="none (a drainage capacity in its place)"),
            "layers": Text(zh="排水管段、检查井、排放口、泵站图层", en="the layers of pipes, manholes, outfalls and pump stations"),
            "file": Text(zh="SWMM 输入文件", en="a SWMM input file"),
        },
        description=Text(
            zh="计算管网时，管网排除能力不再另扣。", en="With sewers computed the drainage capacity is not taken as well."
        ),
    )  # fmt: skip
    inp: Annotated[str, field("文件内容", "Text of the file", max_length=MAX_FILE)] | None = field(
        "SWMM 输入文件", "SWMM input file", None,
        description=Text(
            zh="文件全文；坐标须为城市坐标系；降雨、汇水区和水质不计算，不得引用其他文件。",
            en="Its whole text; coordinates in the city's CRS; rain, subcatchments and quality are left out, and it must not "
            "refer to other files.",
        ),
    )  # fmt: skip
    step_s: float = field("管网计算步长", "Longest step of the sewers", 5.0, unit="s", ge=0.5, le=30)
    gully_l_s: float = field(
        "单个雨水口泄水能力", "Capacity of one gully", 20.0, unit="L/s", ge=0, le=200,
        description=Text(zh="GB 50014：平箅式单箅 20 L/s。", en="GB 50014: 20 L/s for a single grate."),
    )  # fmt: skip
    gully_spacing_m: float = field("雨水口间距", "Spacing of gullies", 30.0, unit="m", ge=5, le=500)
    orifice: float = field("孔口流量系数", "Orifice coefficient", 0.45, unit="1", ge=0.05, le=1.0)
    outfalls: Literal["outside", "surface"] = field(
        "排放口去向", "Where outfalls end", "outside",
        terms={
            "outside": Text(zh="排出计算范围", en="outside the area"),
            "surface": Text(zh="排到范围内的地面", en="on the ground of the area"),
        },
        description=Text(
            zh="排到地面时，出流进入排放口处的计算单元，该处水位顶托管网；另给外水位的排放口除外。",
            en="On the ground: the water arrives in the cell at the outfall, whose level stands against it; outfalls with a "
            "level of their own are left out.",
        ),
    )  # fmt: skip
    outfall_times_min: tuple[float, ...] = field(
        "外水位时刻", "Times of the level outside", (), unit="min", max_length=10_000
    )
    outfall_level_m: tuple[float, ...] = field(
        "排放口外水位", "Level outside the outfalls", (), unit="m", max_length=10_000,
        description=Text(zh="一个值为定水位，多个值与时刻对应；不填为自由出流。",
                         en="One value is held; several go with the times; left out: free fall."),
    )  # fmt: skip

    outfall_levels: tuple[OutfallLevel, ...] = field(
        "个别排放口的外水位", "Levels outside single outfalls", (), max_length=1000,
        description=Text(
            zh="潮位或河道水位过程，先于上面的共同水位。", en="Tide or river at single outfalls, instead of the level for all."
        ),
    )  # fmt: skip

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if (self.source == "file") != (self.inp is not None):
            raise impossible(
                "sewers.inp", "来源为文件时须给出文件内容，否则不应给出。",
                "The file's text goes with the source file, and with no other.",
            )  # fmt: skip
        if self.source == "file" and (self.outfall_level_m or self.outfall_levels):
            raise impossible(
                "sewers.outfall_level_m", "来源为文件时，外水位请写在文件的 [OUTFALLS] 中。",
                "With a file, the levels outside belong into its [OUTFALLS].",
            )  # fmt: skip
        _rising("sewers.outfall_times_min", self.outfall_times_min, self.outfall_level_m)
        return self

    def stage(self) -> Stage:
        """The level outside outfalls that have none of their own, as the engine takes it; None is free fall."""
        return _stage(self.outfall_times_min, self.outfall_level_m)


def _rising(where: str, times: tuple[float, ...], levels: tuple[float, ...]) -> None:
    if len(levels) > 1 and (len(times) != len(levels) or any(b <= a for a, b in itertools.pairwise(times))):
        raise impossible(
            where, "外水位与时刻的个数必须相等，且时刻严格递增。",
            "There must be one level for each time, and the times must increase strictly.",
        )  # fmt: skip


def _stage(times: tuple[float, ...], levels: tuple[float, ...]) -> Stage:
    if not levels:
        return None
    return levels[0] if len(levels) == 1 else (60.0 * np.asarray(times), np.asarray(levels, np.float64))
