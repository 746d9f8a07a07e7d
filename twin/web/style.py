"""The catalogue as a MapLibre style (specification version 8): sources and layers for what an actor may see.

There are no glyphs and no sprite: MapLibre GL JS draws text with local fonts when a style names no glyphs, so
that the map works without a network.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twin.catalog.spec import Catalog, Layer
    from twin.text import Language

Json = dict[str, Any]
Bounds = tuple[float, float, float, float]
BACKGROUND = "#f4f2ec"
FONTS = ["Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif"]
# Overview tiles carry squares or points with a count instead of the features themselves.
IS_OVERVIEW = ["has", "count"]
COVERAGE_ZOOMS = (8, 18)
RASTER_SIZE = 256


def style(
    layers: Iterable[Layer],
    catalog: Catalog,
    base: str,
    language: Language,
    bounds: Mapping[str, Bounds | None],
    columns: Mapping[str, tuple[str, ...]],
) -> Json:
    """A whole style document. ``base`` is the service's own address without a trailing slash; ``bounds`` are
    west, south, east, north in degrees by layer; ``columns`` what each layer's tiles carry for the actor."""
    shown = sorted(layers, key=lambda layer: (layer.style.order, layer.name))
    drawn: list[Json] = [
        {"id": "background", "type": "background", "paint": {"background-color": BACKGROUND}}
    ]
    sources: Json = {}
    for layer in shown:
        sources[layer.name] = source(layer, base, bounds.get(layer.name))
        drawn += layers_of(layer, catalog, columns.get(layer.name, ()), language)
    view = _view([box for name in sources if (box := bounds.get(name)) is not None])
    return {"version": 8, "name": "twin", "sources": sources, "layers": drawn} | view


def _view(boxes: list[Bounds]) -> Json:
    """The middle of all boxes together, and the zoom at which their longer side fills about 1,000 pixels."""
    if not boxes:
        return {"center": [0, 0], "zoom": 1}
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    side = max(east - west, north - south, 1e-4)
    zoom = round(min(16.0, max(1.0, math.log2(360 / side) + 1)), 1)
    return {"center": [round((west + east) / 2, 6), round((south + north) / 2, 6)], "zoom": zoom}


def zooms(layer: Layer) -> tuple[int, int]:
    """First and last zoom level of the layer's tiles; beyond the last a client enlarges."""
    return (layer.tiles.min_zoom, layer.tiles.max_zoom) if layer.tiles else COVERAGE_ZOOMS


def source(layer: Layer, base: str, bounds: Bounds | None) -> Json:
    """A vector source for features, a raster source for a coverage; tile addresses absolute."""
    first, last = zooms(layer)
    suffix = "png" if layer.kind == "coverage" else "mvt"
    found: Json = {
        "type": "raster" if layer.kind == "coverage" else "vector",
        "tiles": [f"{base}/tiles/{layer.name}/{{z}}/{{x}}/{{y}}.{suffix}"],
        "minzoom": first,
        "maxzoom": last,
    }
    if layer.kind == "coverage":
        found["tileSize"] = RASTER_SIZE
    if bounds is not None:
        found["bounds"] = list(bounds)
    return found


def layers_of(layer: Layer, catalog: Catalog, columns: tuple[str, ...], language: Language) -> list[Json]:
    """The style layers that draw one layer, the lowest first."""
    if layer.kind == "coverage":
        return [_layer(layer, "raster", "raster", {"raster-opacity": layer.style.opacity}, language)]
    kinds = {"Point": _points, "LineString": _lines, "Polygon": _polygons}
    shape = (layer.geometry or "Point").removeprefix("Multi")
    found = kinds.get(shape, _any_shape)(layer, colour(layer, catalog, columns), columns, language)
    if layer.tiles is not None and layer.tiles.overview_below:
        found.append(_overview(layer, language))
    if layer.style.label in columns:
        found.append(_label(layer, language))
    return found


def colour(layer: Layer, catalog: Catalog, columns: tuple[str, ...]) -> Any:
    """A colour, or an expression over the column that carries it when the actor's tiles have that column."""
    chosen = layer.style.colour_by
    if chosen is None or chosen not in columns:
        return layer.style.colour
    declared = layer.columns.get(chosen)
    terms = term_colours(catalog, declared.vocabulary if declared else None)
    if terms:
        pairs = [part for code, shade in terms.items() for part in (code, shade)]
        return ["match", ["to-string", ["get", chosen]], *pairs, layer.style.colour]
    stops = layer.style.stops
    if not stops:
        return layer.style.colour
    steps = [part for stop in stops for part in (stop.value, stop.colour)]
    return ["step", ["to-number", ["get", chosen], stops[0].value - 1], layer.style.colour, *steps]


def width(layer: Layer, columns: tuple[str, ...]) -> Any:
    """Pixels at zoom 15, or an expression over the column that says how wide a line is."""
    chosen = layer.style.width_by
    if chosen is None or chosen not in columns:
        return layer.style.width
    steps = [part for step in layer.style.widths for part in (step.value, step.width)]
    return ["interpolate", ["linear"], ["to-number", ["get", chosen], 0], *steps]


def _by_zoom(wide: Any, far: float, near: float, gap: float = 0.0) -> list[Any]:
    """``wide`` (a number or an expression) times ``far`` at zoom 10 and times ``near`` at zoom 18, plus ``gap``."""

    def at(factor: float) -> Any:
        if isinstance(wide, int | float):
            return round(wide * factor + gap, 3)
        return ["+", gap, ["*", round(factor, 4), wide]] if gap else ["*", round(factor, 4), wide]

    return ["interpolate", ["exponential", 1.5], ["zoom"], 10, at(far), 18, at(near)]


def term_colours(catalog: Catalog, vocabulary: str | None) -> dict[str, str]:
    """The colours of a vocabulary's terms that have one (the catalogue hands a parent's down)."""
    known = catalog.vocabularies.get(vocabulary) if vocabulary else None
    return {code: term.colour for code, term in known.terms.items() if term.colour} if known else {}


def _layer(layer: Layer, part: str, kind: str, paint: Json, language: Language, **more: Any) -> Json:
    found: Json = {
        "id": layer.name if part == kind else f"{layer.name}-{part}",
        "type": kind,
        "source": layer.name,
        "metadata": {"twin:layer": layer.name, "twin:title": layer.title[language]},
        "paint": paint,
    }
    if layer.kind != "coverage":
        found["source-layer"] = layer.name
    layout = {"visibility": "visible" if layer.style.visible else "none", **more.pop("layout", {})}
    return found | more | {"layout": layout}


def _real(layer: Layer) -> Json:
    """The filter that leaves the squares of overview tiles out."""
    dense = layer.tiles is not None and layer.tiles.overview_below is not None
    return {"filter": ["!", IS_OVERVIEW]} if dense else {}


def _points(layer: Layer, shade: Any, _columns: tuple[str, ...], language: Language) -> list[Json]:
    wide = layer.style.width
    radius = ["interpolate", ["linear"], ["zoom"], 10, wide / 2, 14, 1 + wide, 18, 4 + 2 * wide]
    paint = {
        "circle-color": shade,
        "circle-radius": radius,
        "circle-opacity": layer.style.opacity,
        "circle-stroke-color": "#ffffff",
        "circle-stroke-width": 0.5,
    }
    return [_layer(layer, "circle", "circle", paint, language, **_real(layer))]


def _lines(layer: Layer, shade: Any, columns: tuple[str, ...], language: Language) -> list[Json]:
    wide = width(layer, columns)
    paint = {"line-color": shade, "line-width": _by_zoom(wide, 1 / 3, 3), "line-opacity": layer.style.opacity}
    layout = {"line-cap": "round", "line-join": "round"}
    if layer.style.directed:
        # half its width to the right, and a gap between the two directions
        paint["line-offset"] = _by_zoom(wide, 1 / 6, 1.5, 0.5)
        layout["line-cap"] = "butt"
    return [_layer(layer, "line", "line", paint, language, layout=layout, **_real(layer))]


def _polygons(layer: Layer, shade: Any, columns: tuple[str, ...], language: Language) -> list[Json]:
    flat = {"fill-color": shade, "fill-opacity": layer.style.opacity}
    found = [_layer(layer, "fill", "fill", flat, language, **_real(layer))]
    if layer.style.extrude in columns:
        solid = {
            "fill-extrusion-color": shade,
            "fill-extrusion-height": ["to-number", ["get", layer.style.extrude], 0],
            "fill-extrusion-opacity": layer.style.opacity,
        }
        found = [_layer(layer, "fill-extrusion", "fill-extrusion", solid, language, **_real(layer))]
    elif layer.style.width > 0:
        # a faint area still has a border to be seen
        seen = max(layer.style.opacity, 0.5)
        edge = {"line-color": shade, "line-width": layer.style.width, "line-opacity": seen}
        found.append(_layer(layer, "outline", "line", edge, language, **_real(layer)))
    return found


def _any_shape(layer: Layer, shade: Any, columns: tuple[str, ...], language: Language) -> list[Json]:
    found = []
    for shape, draw in (("Polygon", _polygons), ("LineString", _lines), ("Point", _points)):
        for part in draw(layer, shade, columns, language):
            only = ["==", ["geometry-type"], shape]
            known = part.get("filter")
            found.append(
                part
                | {"id": f"{part['id']}-{shape.lower()}", "filter": ["all", only, known] if known else only}
            )
    return found


def _overview(layer: Layer, language: Language) -> Json:
    """Cells of an overview tile: the more features a cell stands for, the stronger its colour."""
    strength = ["interpolate", ["linear"], ["log10", ["max", 1, ["get", "count"]]], 0, 0.25, 3, 0.9]
    paint = {"fill-color": layer.style.colour, "fill-opacity": strength}
    return _layer(layer, "overview", "fill", paint, language, filter=IS_OVERVIEW)


def _label(layer: Layer, language: Language) -> Json:
    along = "line" if (layer.geometry or "").endswith("LineString") else "point"
    layout = {
        "text-field": ["to-string", ["get", layer.style.label]],
        "text-font": FONTS,
        "text-size": 12,
        "symbol-placement": along,
    }
    paint = {"text-color": "#2b2b2b", "text-halo-color": "#ffffff", "text-halo-width": 1.2}
    return _layer(
        layer,
        "label",
        "symbol",
        paint,
        language,
        layout=layout,
        minzoom=layer.style.label_from,
        **_real(layer),
    )
