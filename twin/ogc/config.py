"""The configuration of the hosted library, derived from the catalogue: what ``pygeoapi-config.yml`` holds.

A deployment never edits it: a layer file or a process module is the only thing to write. ``twin derive`` renders it,
``pygeoapi config validate`` and ``pygeoapi openapi generate`` accept it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from twin.ogc.parameters import DEFAULT_LIMIT, MAX_LIMIT
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.catalog.spec import Catalog, Layer

TITLE = Text("城市信息模型服务", "City information model service")
DESCRIPTION = Text(
    "一座城市的图层、瓦片、栅格、目录与模拟过程，由图层声明与过程声明派生。",
    "The layers, tiles, rasters, catalogue and simulations of a city, derived from what its catalogue declares.",
)
# Stands where the address of the service goes; the door puts the address of the request in its place.
BASE = "http://service.invalid/ogc"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
TEMPLATES = Path(__file__).parent / "templates"
_JSON_TYPES = {"text": "string", "date": "string", "datetime": "string"}
_FORMATS = {"date": "date", "datetime": "date-time"}


def config(
    catalog: Catalog, processes: Iterable[str], *, layers: Iterable[str] | None = None
) -> dict[str, Any]:
    """The configuration for all layers of ``catalog``, or for those named in ``layers`` (one actor's view)."""
    shown = sorted(catalog.layers if layers is None else layers)
    resources: dict[str, Any] = {}
    for name in shown:
        resources[name] = _collection(catalog.layers[name])
    for name in sorted(processes):
        resources[f"process-{name}" if name in resources else name] = {
            "type": "process",
            "processor": {"name": "twin.ogc.plugins.DeclaredProcess", "process": name},
        }
    return {
        "server": _server(),
        "logging": {"level": "ERROR"},
        "metadata": _metadata(),
        "resources": resources,
    }


def render(catalog: Catalog, processes: Iterable[str]) -> str:
    """``pygeoapi-config.yml``: the same bytes for the same catalogue and processes."""
    head = (
        "# Derived from layers/ and twin/processes/ by `twin derive`: edit those, not this file.\n"
        "# 由 layers/ 与 twin/processes/ 经 `twin derive` 派生：请修改它们，不要改本文件。\n"
    )
    body: str = yaml.safe_dump(config(catalog, processes), allow_unicode=True, sort_keys=False, width=110)
    return head + body


def _server() -> dict[str, Any]:
    return {
        "bind": {"host": "127.0.0.1", "port": 8000},
        "url": BASE,
        "mimetype": "application/json; charset=UTF-8",
        "encoding": "utf-8",
        "gzip": False,
        "cors": False,
        "pretty_print": False,
        "languages": ["zh", "en"],
        "limits": {"default_items": DEFAULT_LIMIT, "max_items": MAX_LIMIT, "on_exceed": "error"},
        "map": {"url": "/tiles/{z}/{x}/{y}.png", "attribution": ""},
    }


def _metadata() -> dict[str, Any]:
    return {
        "identification": {
            "title": _both(TITLE),
            "description": _both(DESCRIPTION),
            "keywords": {
                "zh": ["城市信息模型", "数字孪生"],
                "en": ["city information model", "digital twin"],
            },
            "keywords_type": "theme",
            "terms_of_service": {"zh": "按数据分级使用", "en": "Use according to the data's access class"},
            "url": BASE,
        },
        "license": {"name": {"zh": "由部署方确定", "en": "As the operator decides"}, "url": BASE},
        "provider": {"name": {"zh": "部署方", "en": "The operator"}, "url": BASE},
        "contact": {"name": "operator", "email": "operator@service.invalid"},
    }


def _collection(layer: Layer) -> dict[str, Any]:
    return {
        "type": "collection",
        "title": _both(layer.title),
        "description": _both(layer.description),
        "keywords": {"zh": [layer.data_class], "en": [layer.data_class]},
        "links": [],
        "extents": {"spatial": {"bbox": [-180.0, -90.0, 180.0, 90.0], "crs": CRS84}},
        "providers": _providers(layer),
    }


def _providers(layer: Layer) -> list[dict[str, Any]]:
    if layer.kind == "coverage":
        return [
            {
                "type": "coverage",
                "name": "twin.ogc.plugins.LayerCoverage",
                "data": layer.name,
                "fields": {
                    layer.name: {"type": "number", "x-unit": layer.raster.unit if layer.raster else ""}
                },
                "format": {"name": "GTiff", "mimetype": "image/tiff; application=geotiff"},
            }
        ]
    # storage_crs stays unset: the library's handling of any other than lon/lat is wrong, and our routes answer.
    providers = [
        {
            "type": "feature",
            "name": "twin.ogc.plugins.LayerFeatures",
            "data": layer.name,
            "id_field": "id",
            "fields": {name: _field(column.type, column.unit) for name, column in layer.columns.items()},
        }
    ]
    if layer.tiles is not None and layer.geometry is not None:
        providers.append(_tiles(layer))
    return providers


def _tiles(layer: Layer) -> dict[str, Any]:
    zoom = {"min": layer.tiles.min_zoom, "max": layer.tiles.max_zoom} if layer.tiles else {}
    return {
        "type": "tile",
        "name": "twin.ogc.plugins.LayerTiles",
        "data": layer.name,
        "options": {"schemes": ["WebMercatorQuad"], "zoom": zoom},
        "format": {"name": "mvt", "mimetype": "application/vnd.mapbox-vector-tile"},
    }


def _field(kind: str, unit: str | None) -> dict[str, str]:
    field = {"type": _JSON_TYPES.get(kind, kind)}
    if kind in _FORMATS:
        field["format"] = _FORMATS[kind]
    if unit:
        field["x-unit"] = unit
    return field


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
