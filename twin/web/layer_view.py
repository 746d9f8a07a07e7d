"""A layer as ``/layers`` tells it: texts in one language, columns the caller may read, how the map draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.web.style import term_colours

if TYPE_CHECKING:
    from twin.catalog.spec import Catalog, Column, Layer
    from twin.text import Language

    Json = dict[str, Any]
    Bounds = tuple[float, float, float, float]


def layer_view(
    layer: Layer, catalog: Catalog, columns: tuple[str, ...], language: Language, bounds: Bounds | None
) -> Json:
    """JSON members of a layer. ``columns``: those that the caller may read; ``bounds``: w, s, e, n in degrees."""
    view: Json = {
        "name": layer.name,
        "title": layer.title[language],
        "description": layer.description[language],
        "kind": layer.kind,
        "data_class": layer.data_class,
        "access": layer.access,
        "access_title": catalog.access.classes[layer.access].title[language],
        "geometry": layer.geometry,
        "process": layer.process,
        "standard": layer.standard,
        "steward": layer.steward[language],
        "unit": layer.raster.unit if layer.raster else None,
        "quantity": layer.raster.quantity[language] if layer.raster else None,
        "time": layer.raster.time if layer.raster else layer.valid_time,
        "style": _style(layer, catalog, columns, language),
        "columns": [_column(name, layer.columns[name], catalog, language) for name in columns],
        "bounds": bounds,
    }
    return view | _links(layer)


def _links(layer: Layer) -> Json:
    links: Json = {}
    if layer.kind == "coverage" or layer.geometry is not None:
        links["tilejson"] = f"/tiles/{layer.name}.json"
    if layer.kind == "coverage":
        links |= {"download": f"/coverages/{layer.name}", "value": f"/coverages/{layer.name}/value"}
        timed = layer.raster is not None and layer.raster.time
        return links | ({"series": f"/coverages/{layer.name}/series"} if timed else {})
    return links | {"items": f"/ogc/collections/{layer.name}/items"}


def _style(layer: Layer, catalog: Catalog, columns: tuple[str, ...], language: Language) -> Json:
    style = layer.style
    shown: Json = {
        "colour": style.colour,
        "colour_by": style.colour_by if style.colour_by in columns else None,
        "width": style.width,
        "width_by": style.width_by if style.width_by in columns else None,
        "widths": [{"value": step.value, "width": step.width} for step in style.widths],
        "directed": style.directed,
        "opacity": style.opacity,
        "extrude": style.extrude if style.extrude in columns else None,
        "label": style.label if style.label in columns else None,
        "visible": style.visible,
        "order": style.order,
        "stops": [
            {
                "value": stop.value,
                "colour": stop.colour,
                "title": stop.title[language] if stop.title else None,
            }
            for stop in style.stops
        ],
    }
    column = layer.columns.get(shown["colour_by"] or "")
    if column is not None and column.vocabulary is not None:
        shown["terms"] = _terms(catalog, column.vocabulary, language)
    return shown


def _column(name: str, column: Column, catalog: Catalog, language: Language) -> Json:
    view: Json = {
        "name": name,
        "title": column.title[language],
        "description": column.description[language] if column.description else None,
        "type": column.type,
        "unit": column.unit,
    }
    if column.vocabulary is not None:
        view["vocabulary"] = column.vocabulary
        view["terms"] = _terms(catalog, column.vocabulary, language)
    return view


def _terms(catalog: Catalog, vocabulary: str, language: Language) -> Json:
    colours = term_colours(catalog, vocabulary)
    return {
        code: {"title": term.text[language], "colour": colours.get(code)}
        for code, term in catalog.vocabularies[vocabulary].terms.items()
    }
