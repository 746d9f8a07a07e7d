"""Names that a layer or a column may not take, because the system or a door already uses them."""

from __future__ import annotations

from twin.text import Text

SYSTEM_COLUMNS = ("id", "geom", "source", "source_id", "valid_from", "valid_to", "run")

_DATABASE = frozenset({"tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"})

_PARAMETERS = frozenset(
    {
        "access_token", "asof", "bbox", "bbox_crs", "count", "crs", "cursor", "datetime", "f", "filter",
        "filter_crs", "filter_lang", "ids", "key", "lang", "limit", "offset", "profile", "properties", "q",
        "skipgeometry", "sortby", "subset", "token",
    }
)  # fmt: skip

_GEOJSON = frozenset({"geometry", "geojson", "feature", "links"})

_CQL2 = frozenset(
    {
        "accenti", "and", "between", "casei", "date", "div", "false", "in", "interval", "is", "like", "not", "null",
        "or", "timestamp", "true",
    }
)  # fmt: skip

_LAYERS = frozenset({"catalogue", "layers", "style"})


def column_conflict(name: str) -> Text | None:
    """Why ``name`` cannot be a declared column, or ``None``."""
    if name in SYSTEM_COLUMNS or name in _DATABASE:
        return Text("系统已使用该列名", "the system has a column of that name")
    if name in _PARAMETERS:
        return Text("与接口参数重名", "it is a parameter of the doors")
    if name in _GEOJSON:
        return Text("与 GeoJSON 成员重名", "it is a member of GeoJSON")
    if name in _CQL2:
        return Text("是 CQL2 保留字", "it is a reserved word of CQL2")
    return None


def layer_conflict(name: str) -> Text | None:
    """Why ``name`` cannot be a layer, or ``None``: its address would be another page's."""
    if name in _LAYERS:
        return Text("与系统页面的地址重名", "its address is a page of the system")
    return None
