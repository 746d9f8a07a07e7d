"""What a layer is: the model behind ``layers/*.toml``, ``vocabularies/*.toml`` and ``access.toml``.

The shape is written here once; ``load`` reads files into it, ``twin derive`` publishes it as a JSON Schema for
editors, and every door asks it rather than the database.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from twin.errors import Problem
from twin.text import LANGUAGES, Text


def _both_languages(value: object) -> Text:
    """A table with exactly ``zh`` and ``en``, neither of them blank."""
    if isinstance(value, Text):
        return value
    if not isinstance(value, dict) or set(value) != set(LANGUAGES):
        raise PydanticCustomError("both_languages", 'write { zh = "...", en = "..." }')
    if not all(isinstance(text, str) and text.strip() for text in value.values()):
        raise PydanticCustomError("both_languages", "neither zh nor en may be blank")
    return Text(zh=value["zh"], en=value["en"])


Words = Annotated[Text, BeforeValidator(_both_languages)]
Blankless = Annotated[str, Field(pattern=r"\S")]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ProcessName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Kind = Literal["features", "coverage", "observations", "records"]
ColumnType = Literal["text", "integer", "number", "boolean", "date", "datetime"]
GeometryType = Literal[
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "Geometry"
]
AccessClass = Literal["open", "shared", "supervised", "protected"]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Column(Model):
    """One attribute of a layer. ``references`` is ``layer.column``; ``aliases`` are field names that an import accepts."""

    title: Words
    description: Words | None = None
    type: ColumnType
    unit: str | None = None
    vocabulary: Name | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    max_length: int | None = Field(default=None, ge=1)
    required: bool = False
    unique: bool = False
    indexed: bool = False
    references: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")] | None = None
    access: AccessClass | None = None
    aliases: tuple[str, ...] = ()


class Tiles(Model):
    """Zoom range of the vector tiles, the columns they carry, and whether dense layers get gridded overviews
    below ``overview_below`` (a zoom level)."""

    min_zoom: int = Field(default=10, ge=0, le=22)
    max_zoom: int = Field(default=16, ge=0, le=22)
    columns: tuple[Name, ...] = ()
    overview_below: int | None = Field(default=None, ge=1, le=16)


class Stop(Model):
    """From ``value`` (unit of the layer) on, this colour."""

    value: float
    colour: Colour
    title: Words | None = None


class Width(Model):
    """At ``value`` (unit of the column) a line is ``width`` wide, in pixels at zoom 15; linear between."""

    value: float
    width: float = Field(ge=0, le=50)


class Style(Model):
    """How the map draws the layer: one colour, or a vocabulary column whose terms carry colours, or stops.

    Lines may be as wide as a column says (``width_by`` with ``widths``: a bandwidth map). ``directed`` lines stand on
    the right-hand side of their direction, so that both directions of a road are seen."""

    colour: Colour = "#3b82f6"
    colour_by: Name | None = None
    width: float = Field(default=1.0, ge=0, le=50)
    width_by: Name | None = None
    widths: tuple[Width, ...] = ()
    directed: bool = False
    opacity: float = Field(default=0.8, ge=0, le=1)
    extrude: Name | None = None
    label: Name | None = None
    label_from: int = Field(default=14, ge=0, le=22)
    visible: bool = True
    order: int = 100
    stops: tuple[Stop, ...] = ()


class Raster(Model):
    """What the cells of a coverage hold."""

    dtype: Literal["uint8", "int16", "int32", "float32", "float64"] = "float32"
    unit: str
    nodata: float
    quantity: Words
    time: bool = False


class Layer(Model):
    """A noun of the city. ``name`` is the file's stem and ``data_class`` its folder: both set by the loader."""

    name: Name
    data_class: Name
    kind: Kind
    title: Words
    description: Words
    standard: str | None = None
    steward: Words
    access: AccessClass
    geometry: GeometryType | None = None
    dimensions: Literal[2, 3] = 2
    vertical_crs: int | None = 5737
    valid_time: bool = True
    history: bool = True
    process: ProcessName | None = None
    columns: dict[Name, Column] = Field(default_factory=dict)
    unique_together: tuple[tuple[Name, ...], ...] = ()
    tiles: Tiles | None = None
    style: Style = Style()
    raster: Raster | None = None

    @property
    def is_result(self) -> bool:
        """A layer that a process writes: its rows and rasters belong to a run."""
        return self.process is not None


class Term(Model):
    """One code's meaning. ``symbol`` is the standard's short sign, ``unit`` the usual UCUM unit of a property;
    a term without a colour takes its parent's when it is loaded. ``values`` are numbers that models take for the
    code (roughness of a land use, conductivity of a soil): a city changes them in its own file, with ``extends``."""

    zh: Blankless
    en: Blankless
    parent: str | None = None
    colour: Colour | None = None
    symbol: str | None = None
    unit: str | None = None
    values: dict[Name, float] = Field(default_factory=dict)
    verified: bool = True

    @property
    def text(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class Vocabulary(Model):
    """A code list. Codes are text: leading zeros count. With ``extends`` a city's file adds its terms to the
    shipped list of the same name instead of replacing it."""

    name: Name
    title: Words
    extends: bool = False
    standard: str | None = None
    source: str | None = None
    verified: bool = True
    terms: dict[str, Term]


class Role(Model):
    """An access role; each is a database role of its own."""

    title: Words
    statement_timeout_s: int = Field(ge=0, le=3600)


class Class(Model):
    """An access class (分类分级 treatment) and the roles it admits."""

    title: Words
    treatment: Words
    read: tuple[Name, ...]
    write: tuple[Name, ...]


class Access(Model):
    """``access.toml``: roles from the weakest to the strongest, the access classes from the most open to the most
    closed, and the roles that may run processes."""

    roles: dict[Name, Role]
    classes: dict[AccessClass, Class]
    run: tuple[Name, ...]


class Catalog(Model):
    """Everything declared, after ``twin check`` found no fault in it; ``notices`` tell what a city's own folder
    replaced."""

    layers: dict[Name, Layer]
    vocabularies: dict[Name, Vocabulary]
    access: Access
    notices: tuple[Problem, ...] = ()

    def layer(self, name: str) -> Layer | None:
        return self.layers.get(name)
