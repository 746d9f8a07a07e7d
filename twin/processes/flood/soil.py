"""What the ground takes and how rough it is, as inputs: the soil law, and changes of the tables for one run."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from twin.processes.models import Value, field, titled
from twin.text import Text

METHOD = {
    "capacity": Text(zh="固定下渗率", en="constant capacity"),
    "green_ampt": Text(zh="Green-Ampt", en="Green-Ampt"),
    "curve_number": Text(zh="SCS 曲线数", en="SCS curve number"),
    "horton": Text(zh="Horton", en="Horton"),
    "none": Text(zh="不下渗", en="none"),
}
MOISTURE = {
    "dry": Text(zh="干", en="dry"),
    "normal": Text(zh="一般", en="normal"),
    "wet": Text(zh="湿", en="wet"),
}
TEXTURES = {
    "sand": Text(zh="砂土", en="sand"),
    "loamy_sand": Text(zh="壤质砂土", en="loamy sand"),
    "sandy_loam": Text(zh="砂壤土", en="sandy loam"),
    "loam": Text(zh="壤土", en="loam"),
    "silt_loam": Text(zh="粉砂壤土", en="silt loam"),
    "sandy_clay_loam": Text(zh="砂质黏壤土", en="sandy clay loam"),
    "clay_loam": Text(zh="黏壤土", en="clay loam"),
    "silty_clay_loam": Text(zh="粉质黏壤土", en="silty clay loam"),
    "sandy_clay": Text(zh="砂质黏土", en="sandy clay"),
    "silty_clay": Text(zh="粉质黏土", en="silty clay"),
    "clay": Text(zh="黏土", en="clay"),
}


class Infiltration(Value):
    """How the share that is not sealed takes in water."""

    model_config = ConfigDict(json_schema_extra=titled("下渗", "Infiltration"))

    method: Literal["capacity", "green_ampt", "curve_number", "horton", "none"] = field(
        "方法",
        "Method",
        "capacity",
        terms=METHOD,
        description=Text(
            zh="参数按土壤与用地取自词表 soil_texture、ground_cover；固定下渗率取“土壤下渗能力”。",
            en="Numbers by soil and land use from the vocabularies soil_texture and ground_cover; the constant capacity "
            'is "Soil infiltration capacity".',
        ),
    )
    soil: str = field(
        "土壤质地",
        "Soil texture",
        "silt_loam",
        terms=TEXTURES,
        max_length=64,
        description=Text(
            zh="土壤图层未覆盖之处；可用词表 soil_texture 的代码。",
            en="Where the soil layer says nothing; a code of the vocabulary soil_texture.",
        ),
    )
    moisture: Literal["dry", "normal", "wet"] = field(
        "前期湿度",
        "Soil moisture before",
        "normal",
        terms=MOISTURE,
        description=Text(
            zh="Green-Ampt 的缺水量取有效孔隙率的 0.8、0.5、0.2 倍；曲线数按前期条件 I、II、III 换算。",
            en="Green-Ampt's deficit is 0.8, 0.5 or 0.2 of the effective porosity; curve numbers are those of condition "
            "I, II or III.",
        ),
    )
    abstraction: float = field(
        "初损系数",
        "Initial abstraction",
        0.2,
        unit="1",
        ge=0,
        le=1,
        description=Text(
            zh="仅用于曲线数：Ia = 系数 × S；此时不再另计初损。",
            en="Curve number only: Ia = this times S; the initial loss is then not taken as well.",
        ),
    )
    decay_h: float = field("Horton 衰减系数", "Horton's decay", 4.14, unit="1/h", gt=0, le=100)


class CoverRow(Value):
    """Numbers of one kind of land; those left out stay as in the table."""

    model_config = ConfigDict(json_schema_extra=titled("地表覆盖参数", "Ground cover"))

    manning: float | None = field("糙率", "Manning's n", None, unit="s m^-1/3", ge=0.005, le=1)
    sealed: float | None = field("硬化比例", "Sealed share", None, unit="1", ge=0, le=1)
    cn_a: float | None = field("曲线数（A 组）", "Curve number, group A", None, ge=1, le=100)
    cn_b: float | None = field("曲线数（B 组）", "Curve number, group B", None, ge=1, le=100)
    cn_c: float | None = field("曲线数（C 组）", "Curve number, group C", None, ge=1, le=100)
    cn_d: float | None = field("曲线数（D 组）", "Curve number, group D", None, ge=1, le=100)


class SoilRow(Value):
    """Numbers of one soil; those left out stay as in the table."""

    model_config = ConfigDict(json_schema_extra=titled("土壤参数", "Soil"))

    conductivity_mm_h: float | None = field("饱和导水率", "Conductivity", None, unit="mm/h", ge=0, le=2000)
    suction_mm: float | None = field("湿润锋吸力", "Suction", None, unit="mm", ge=0, le=5000)
    porosity: float | None = field("有效孔隙率", "Effective porosity", None, unit="1", ge=0, le=1)
    group: Literal[1, 2, 3, 4] | None = field(
        "水文土壤组（1=A … 4=D）", "Hydrologic group (1=A ... 4=D)", None
    )
    horton_mm_h: float | None = field(
        "干土下渗能力", "Capacity of the dry soil", None, unit="mm/h", ge=0, le=2000
    )


class Tables(Value):
    """Rows that replace those of the tables in one run."""

    model_config = ConfigDict(json_schema_extra=titled("参数表的修改", "Changes of the tables"))

    ground_cover: dict[str, CoverRow] = field(
        "地表覆盖",
        "Ground cover",
        {},
        description=Text(
            zh="用地代码或其前缀 → 参数；“*” 为表中没有的代码。",
            en='A land-use code or its beginning -> numbers; "*" for codes that the table does not know.',
        ),
        max_length=200,
    )
    soil_texture: dict[str, SoilRow] = field("土壤质地", "Soil texture", {}, max_length=50)
