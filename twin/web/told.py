"""What an operation says of itself in the OpenAPI document, in both languages, beside its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.text import Text

if TYPE_CHECKING:
    from twin.text import Language

ABOUT = "x-twin-about"

# Query, path and header parameters by name: the same word means the same thing at every address.
PARAMETERS: dict[str, tuple[Text, Any]] = {
    "lang": (
        Text("语言：zh 或 en；优先于 Accept-Language", "Language, zh or en; beats Accept-Language"),
        "en",
    ),
    "layer": (Text("图层名，见 /layers", "Name of a layer, see /layers"), "building"),
    "name": (Text("图层名，见 /layers", "Name of a layer, see /layers"), "building"),
    "z": (Text("瓦片级别", "Zoom level of the tile"), 14),
    "x": (Text("瓦片列号", "Column of the tile"), 13388),
    "y": (Text("瓦片行号，自北向南", "Row of the tile, counted from the north"), 6706),
    "run": (
        Text("运行编号；缺省为最新发布的运行", "Id of a run; without it the newest published run"),
        "0197c0de-0000-7000-8000-000000000000",
    ),
    "datetime": (
        Text(
            "时刻（RFC 3339，带时区），如 2026-07-05T06:30:00Z；缺省时栅格为最新一刻，矢量瓦片为全部时刻。可用时刻见 TileJSON 的 times",
            "A moment (RFC 3339 with offset) such as 2026-07-05T06:30:00Z; without it the latest raster, and in vector tiles the "
            "features of all times; the moments there are stand in times of the TileJSON",
        ),
        None,
    ),
    "lon": (Text("经度，CRS84，度", "Longitude in degrees, CRS84"), 116.5),
    "lat": (Text("纬度，CRS84，度", "Latitude in degrees, CRS84"), 31.75),
    "process": (Text("过程名，见 /simulations", "Name of a process, see /simulations"), "flood"),
    "state": (
        Text(
            "只列此状态：accepted、running、successful、failed、dismissed",
            "Only runs in this state: accepted, running, successful, failed or dismissed",
        ),
        "successful",
    ),
    "limit": (Text("至多列出多少个", "How many to list at most"), 100),
    "before": (Text("列出早于此编号的运行", "List runs older than this id"), None),
    "parent": (Text("列出此运行的成员", "List the members of this run"), None),
    "id": (Text("运行编号（UUID）", "Id of a run (UUID)"), "0197c0de-0000-7000-8000-000000000000"),
    "path": (Text("文件路径", "Path of a file"), "index.html"),
    "Idempotency-Key": (
        Text(
            "同一键再次提交返回同一运行；1 至 200 个可见 ASCII 字符",
            "The same key again returns the same run; 1 to 200 visible ASCII characters",
        ),
        "8f2c6d1e",
    ),
    "Prefer": (
        Text("wait=秒数：等待运行结束，至多 30 秒", "wait=seconds: wait for the run's end, at most 30"),
        "wait=10",
    ),
    "Range": (Text("字节范围，一次一段", "A range of bytes, one at a time"), "bytes=0-1023"),
    "If-None-Match": (Text("已有版本的 ETag", "ETag of the version at hand"), '"3f1c"'),
}


@dataclass(frozen=True, slots=True)
class About:
    """Texts of one operation, the problems it may answer with beyond those of every operation, and its success."""

    title: Text
    tag: str
    detail: Text | None = None
    problems: tuple[int, ...] = ()
    success: tuple[int, ...] = (200,)
    media: str | None = "application/json"
    example: Any = None
    headers: tuple[str, ...] = ()
    body: str | None = None

    def operation(self, language: Language) -> dict[str, Any]:
        """Summary, description, tag and successful responses as members of an OpenAPI operation."""
        content = None
        if self.media is not None:
            schema: dict[str, Any] = {"type": "object"}
            if self.media != "application/json":
                schema = {"type": "string", "contentEncoding": "binary"}
            content = {self.media: {"schema": schema} | ({"example": self.example} if self.example else {})}
        said: dict[str, Any] = {"summary": self.title[language], "tags": [self.tag]}
        if self.detail is not None:
            said["description"] = self.detail[language]
        bodiless = {204, 304, 307}
        said["responses"] = {
            str(status): {"description": SUCCESS[status][language]}
            | ({} if status in bodiless or content is None else {"content": content})
            for status in self.success
        }
        return said


SUCCESS: dict[int, Text] = {
    200: Text("成功", "Success"),
    201: Text("已创建", "Created"),
    204: Text("此处为空", "Nothing here"),
    206: Text("所要的一段", "The range asked for"),
    304: Text("未改变", "Not modified"),
    307: Text("转到别处", "Found elsewhere"),
}


_told: list[About] = []


def about(zh: str, en: str, tag: str, **more: Any) -> dict[str, Any]:
    """Arguments for a route decorator: ``@router.get("/x", **about("…", "…", "layers"))``."""
    _told.append(About(Text(zh, en), tag, **more))
    # The framework copies the extra as JSON: a number finds its way back, an object would not.
    return {"openapi_extra": {ABOUT: len(_told) - 1}}


def told(operation: dict[str, Any]) -> About | None:
    """What ``about`` said of an operation of the framework's document; the mark is taken out of it."""
    number = operation.pop(ABOUT, None)
    return None if number is None else _told[number]


@dataclass(frozen=True, slots=True)
class Plain:
    """An address served below the framework, for the document: path, texts, its parameters' schemas."""

    path: str
    about: About
    in_path: Mapping[str, dict[str, Any]]
    in_query: Mapping[str, dict[str, Any]]

    def operation(self) -> dict[str, Any]:
        """The shape that the framework gives its own operations."""
        places = (("path", self.in_path), ("query", self.in_query))
        return {
            "parameters": [
                {"name": name, "in": place, "schema": schema}
                for place, schemas in places
                for name, schema in schemas.items()
            ]
        }


def parameter(name: str, place: str, schema: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """One OpenAPI parameter object; raises ``KeyError`` for a parameter that nobody has described."""
    text, example = PARAMETERS[name]
    found: dict[str, Any] = {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": text[language],
        "schema": dict(schema),
    }
    return found | ({} if example is None else {"example": example})
