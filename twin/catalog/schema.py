"""JSON Schema (2020-12) of a layer's records in one language, for schemas, queryables, forms and clients.

Roles, formats and order are those of OGC API - Features part 5 (``x-ogc-role``, ``x-ogc-unit``,
``x-ogc-propertySeq``); ``x-enum-titles`` gives the words of a code list, code by code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.catalog.spec import Catalog, Column, Layer, Vocabulary
    from twin.text import Language

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: dict[str, dict[str, str]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_GEOMETRIES = {
    "Point": "geometry-point",
    "LineString": "geometry-linestring",
    "Polygon": "geometry-polygon",
    "MultiPoint": "geometry-multipoint",
    "MultiLineString": "geometry-multilinestring",
    "MultiPolygon": "geometry-multipolygon",
    "Geometry": "geometry-any",
}
_ID = Text("标识", "Identifier")
_GEOM = Text("几何", "Geometry")
_SOURCE = Text("来源", "Source")
_SOURCE_ID = Text("来源标识", "Identity in the source")
_FROM = Text("有效起始", "Valid from")
_TO = Text("有效终止", "Valid to")
_RUN = Text("运行", "Run")


def json_schema(
    layer: Layer, catalog: Catalog, language: Language, columns: Iterable[str] | None = None
) -> dict[str, Any]:
    """The schema of a record of ``layer``: system columns, then the declared ones (all, or those in ``columns``).

    Titles and descriptions are in ``language``. A coverage gives the one property of its cells.
    """
    shown = [name for name in layer.columns if columns is None or name in set(columns)]
    properties = _system(layer, language) if layer.kind != "coverage" else {}
    for name in shown:
        column = layer.columns[name]
        properties[name] = property_schema(
            column, catalog.vocabularies.get(column.vocabulary or ""), language
        )
    if layer.raster:
        properties[layer.name] = {
            "title": layer.raster.quantity[language],
            "type": "number",
            **_unit(layer.raster.unit),
        }
    for number, part in enumerate(properties.values(), 1):
        part["x-ogc-propertySeq"] = number
    required = [name for name in shown if layer.columns[name].required]
    return {
        "$schema": DIALECT,
        "type": "object",
        "title": layer.title[language],
        "description": layer.description[language],
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def property_schema(column: Column, vocabulary: Vocabulary | None, language: Language) -> dict[str, Any]:
    """The schema of one column: type, title, range, pattern, unit and, with a vocabulary, its codes and words."""
    schema: dict[str, Any] = {"title": column.title[language], **_TYPES[column.type]}
    if column.description:
        schema["description"] = column.description[language]
    for key, value in (("minimum", column.minimum), ("maximum", column.maximum)):
        if value is not None:
            schema[key] = int(value) if value.is_integer() else value
    if column.unit:
        schema |= _unit(column.unit)
    if column.max_length:
        schema["maxLength"] = column.max_length
    if column.pattern:
        schema["pattern"] = column.pattern
    if vocabulary:
        codes = codes_of(column, vocabulary)
        schema["enum"] = codes
        schema["x-enum-titles"] = {code: vocabulary.terms[code].text[language] for code in codes}
    return schema


def codes_of(column: Column, vocabulary: Vocabulary) -> list[str]:
    """The codes that the column takes: all of the list, or those that its pattern lets through."""
    pattern = column.pattern
    return [code for code in vocabulary.terms if pattern is None or re.fullmatch(pattern, code)]


def _unit(unit: str) -> dict[str, str]:
    return {} if unit == "1" else {"x-unit": unit, "x-ogc-unit": unit}


def _system(layer: Layer, language: Language) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": {"title": _ID[language], "type": "integer", "x-ogc-role": "id", "readOnly": True}
    }
    if layer.geometry:
        form = {"format": _GEOMETRIES[layer.geometry], "x-ogc-role": "primary-geometry"}
        found["geom"] = {"title": _GEOM[language], **form}
    found["source"] = {"title": _SOURCE[language], "type": "string"}
    found["source_id"] = {"title": _SOURCE_ID[language], "type": "string"}
    if layer.valid_time:
        for name, title, role in (("valid_from", _FROM, "start"), ("valid_to", _TO, "end")):
            found[name] = {
                "title": title[language],
                **_TYPES["datetime"],
                "x-ogc-role": f"primary-interval-{role}",
            }
    if layer.is_result:
        found["run"] = {"title": _RUN[language], "type": "string", "format": "uuid", "readOnly": True}
    return found
