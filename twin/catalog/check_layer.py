"""What must hold within one layer: kind, geometry and raster agree; tiles and style name columns they can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.check_access import CLASSES
from twin.catalog.check_column import NUMERIC
from twin.catalog.messages import fault, unknown
from twin.catalog.reserved import layer_conflict
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twin.catalog.spec import Layer, Raster, Vocabulary
    from twin.errors import Problem

_RANGES = {"uint8": (0, 255), "int16": (-32768, 32767), "int32": (-(2**31), 2**31 - 1)}
_AREAS = ("Polygon", "MultiPolygon", "Geometry")
_LINES = ("LineString", "MultiLineString", "Geometry")


def check_layer(layer: Layer, file: str, vocabularies: Mapping[str, Vocabulary]) -> Iterator[Problem]:
    """Every problem of one layer, its single columns and references apart."""
    reason = layer_conflict(layer.name)
    if reason:
        yield fault(file, None, "TWIN-108", name=layer.name, reason=reason)
    for key, words in _kind(layer):
        yield fault(file, key, "TWIN-114", kind=layer.kind, reason=words)
    yield from _together(layer, file)
    yield from _tiles(layer, file)
    for key, name in _shown(layer).items():
        if name not in layer.columns:
            yield unknown(file, key, "TWIN-110", name, set(layer.columns))
    for key, words in _style(layer, vocabularies):
        yield fault(file, key, "TWIN-118", reason=words)


def _kind(layer: Layer) -> Iterator[tuple[str, Text]]:
    located = layer.kind in {"features", "observations"}
    if layer.kind == "features" and layer.geometry is None:
        yield "geometry", Text("须给出 geometry", "needs a geometry")
    if not located and layer.geometry is not None:
        yield "geometry", Text("不能有 geometry", "takes no geometry")
    if layer.kind == "coverage" and layer.raster is None:
        yield "raster", Text("须有 [raster]", "needs a [raster] table")
    if layer.kind != "coverage" and layer.raster is not None:
        yield "raster", Text("不能有 [raster]", "takes no [raster] table")
    if layer.kind == "coverage" and layer.columns:
        yield "columns", Text("没有列", "has no columns")
    if layer.kind in {"observations", "records"} and layer.tiles is not None:
        yield "tiles", Text("不能有 [tiles]", "takes no [tiles] table")
    if layer.raster and not _holds(layer.raster):
        yield (
            "raster.nodata",
            Text(f"的 {layer.raster.dtype} 存不下 nodata", f"cannot hold nodata in {layer.raster.dtype}"),
        )


def _holds(raster: Raster) -> bool:
    if raster.dtype not in _RANGES:
        return True
    low, high = _RANGES[raster.dtype]
    return low <= raster.nodata <= high and raster.nodata.is_integer()


def _together(layer: Layer, file: str) -> Iterator[Problem]:
    for number, names in enumerate(layer.unique_together):
        key = f"unique_together.{number}"
        for name in names:
            if name not in layer.columns:
                yield unknown(file, key, "TWIN-110", name, set(layer.columns))
        if len(set(names)) < 2 or len(set(names)) != len(names):
            words = Text("需要两个以上不同的列", "it takes two or more different columns")
            yield fault(file, key, "TWIN-117", words, name="unique_together")


def _tiles(layer: Layer, file: str) -> Iterator[Problem]:
    tiles = layer.tiles
    if tiles is None:
        return
    if tiles.min_zoom > tiles.max_zoom:
        words = Text("min_zoom 大于 max_zoom", "min_zoom is above max_zoom")
        yield fault(file, "tiles.min_zoom", "TWIN-115", words)
    if tiles.overview_below is not None and not tiles.min_zoom < tiles.overview_below <= tiles.max_zoom:
        words = Text(
            "overview_below 须大于 min_zoom 且不大于 max_zoom",
            "overview_below must lie above min_zoom and not above max_zoom",
        )
        yield fault(file, "tiles.overview_below", "TWIN-115", words)
    if tiles.overview_below is not None and layer.kind != "features":
        words = Text("没有可汇总的要素", "has no features to sum up")
        yield fault(file, "tiles.overview_below", "TWIN-114", words, kind=layer.kind)
    for name in tiles.columns:
        column = layer.columns.get(name)
        if column and column.access and CLASSES.index(column.access) > CLASSES.index(layer.access):
            # One tile serves every reader of the layer: a closer column would leak through it.
            words = Text(
                f"瓦片不能携带级别更严的列“{name}”",
                f'tiles cannot carry "{name}", which is more closed than the layer',
            )
            yield fault(file, "tiles.columns", "TWIN-119", words)


def _shown(layer: Layer) -> dict[str, str]:
    """Keys that name a column to show, with the name."""
    style = layer.style
    named = {
        "style.colour_by": style.colour_by,
        "style.width_by": style.width_by,
        "style.extrude": style.extrude,
        "style.label": style.label,
    }
    columns = layer.tiles.columns if layer.tiles else ()
    shown = {f"tiles.columns.{number}": name for number, name in enumerate(columns)}
    return {key: name for key, name in named.items() if name} | shown


def _style(layer: Layer, vocabularies: Mapping[str, Vocabulary]) -> Iterator[tuple[str, Text]]:
    style = layer.style
    values = [stop.value for stop in style.stops]
    if values != sorted(set(values)):
        yield "style.stops", Text("色阶的值须递增", "the values of the stops must rise")
    if style.stops and layer.kind != "coverage" and style.colour_by is None:
        yield "style.stops", Text("色阶须配 colour_by", "stops need colour_by")
    extrude = layer.columns.get(style.extrude or "")
    if extrude and (extrude.type not in NUMERIC or layer.geometry not in _AREAS):
        yield "style.extrude", Text("拉伸需要面和数值列", "extrusion needs polygons and a numeric column")
    yield from _colour_by(layer, vocabularies)
    yield from _width_by(layer)
    if layer.tiles:
        for key, name in _shown(layer).items():
            if name in layer.columns and name not in layer.tiles.columns:
                yield key, Text(f"瓦片未携带列“{name}”", f'the tiles do not carry "{name}"')


def _width_by(layer: Layer) -> Iterator[tuple[str, Text]]:
    style, lines = layer.style, layer.geometry in _LINES
    column = layer.columns.get(style.width_by or "")
    if column and (column.type not in NUMERIC or not lines):
        yield "style.width_by", Text("按值变宽需要线和数值列", "width_by needs lines and a numeric column")
    if (style.width_by is None) != (not style.widths):
        yield "style.widths", Text("width_by 与 widths 须同时给出", "width_by and widths go together")
    values = [step.value for step in style.widths]
    if style.widths and (len(values) < 2 or values != sorted(set(values))):
        words = Text(
            "线宽至少两级且值须递增", "there must be two widths at least, and their values must rise"
        )
        yield "style.widths", words
    if style.directed and not lines:
        yield "style.directed", Text("只有线有方向", "only lines have a direction")


def _colour_by(layer: Layer, vocabularies: Mapping[str, Vocabulary]) -> Iterator[tuple[str, Text]]:
    column = layer.columns.get(layer.style.colour_by or "")
    if column is None:
        return
    if column.type in NUMERIC and not layer.style.stops:
        yield "style.colour_by", Text("数值列须给出色阶 stops", "a numeric column needs stops")
    words = vocabularies.get(column.vocabulary or "")
    if column.type not in NUMERIC and column.vocabulary is None:
        yield (
            "style.colour_by",
            Text("须为数值列或有词表的列", "it takes a numeric column or one with a vocabulary"),
        )
    if words and not any(term.colour for term in words.terms.values()):
        yield "style.colour_by", Text("词表没有颜色", "the vocabulary has no colours")
