"""OGC API - Records: the collection ``catalogue`` holds one record for each layer that the actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from twin.ogc import cursor, parameters
from twin.ogc.answers import document, page
from twin.ogc.collections import extents
from twin.ogc.links import GEOJSON, HTML, JSON, address, forms, link
from twin.ogc.problems import bad_cursor, bad_value, no_resource
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.catalog.spec import Layer
    from twin.ogc.door import Visit

FORMS = {"json": GEOJSON, "html": HTML}
RECORD_CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core"
TYPES = {"features": "dataset", "records": "dataset", "observations": "dataset", "coverage": "dataset"}
NAMES = ("title", "description", "data_class", "kind")
MAX_WORDS = 20


async def records(visit: Visit) -> Response:
    """Records by words (``q``, all must occur), ``bbox``, ``type``, ``data_class`` and ``ids``."""
    query = parameters.read(visit.request, "limit", "q", "bbox", "type", "ids", "data_class", "cursor")
    form = parameters.form(visit.request, query, FORMS)
    found = _ids(_words(_classes(visit.layers, query), query), query)
    places = await extents(visit, found)
    if "bbox" in query:
        found = _within(found, places, query["bbox"])
    limit = parameters.limit(query.get("limit"))
    digest = cursor.digest(
        "catalogue", sorted((k, v) for k, v in query.items() if k not in ("limit", "cursor", "f"))
    )
    start = _start(visit, found, query, digest)
    shown = found[start : start + limit]
    path = f"{visit.base}/collections/catalogue/items"
    kept = {key: value for key, value in query.items() if key not in ("f", "lang")}
    links = forms(path, kept, form, FORMS, visit.language)
    if start + limit < len(found):
        key = cursor.write(visit.door.secret, digest, [shown[-1].name])
        links.append(link("next", address(path, kept, cursor=key), FORMS[form], "next", visit.language))
    data = {
        "type": "FeatureCollection",
        "features": [_record(visit, layer, places.get(layer.name)) for layer in shown],
        "numberMatched": len(found),
        "numberReturned": len(shown),
        "links": links,
    }
    if form == "html":
        words = {
            "names": NAMES,
            "titles": {},
            "path": path,
            "title": Text("目录", "Catalogue")[visit.language],
        }
        return await page(visit, "collections/items/index.html", {**data, **words})
    return document(visit, data, GEOJSON)


async def record(visit: Visit, name: str) -> Response:
    """The record of one layer."""
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    layer = next((one for one in visit.layers if one.name == name), None)
    if layer is None:
        raise no_resource("recordId", "没有这条目录记录。", "there is no such record.")
    data = _record(visit, layer, (await extents(visit, [layer])).get(layer.name))
    if form == "html":
        return await page(visit, "collections/items/item.html", {**data, "title": "", "titles": {}})
    return document(visit, data, GEOJSON, tagged=True)


def _record(visit: Visit, layer: Layer, extent: Sequence[float] | None) -> dict[str, Any]:
    language = visit.language
    place = f"{visit.base}/collections/{layer.name}"
    properties = {
        "type": TYPES[layer.kind],
        "title": layer.title[language],
        "description": layer.description[language],
        "keywords": [layer.data_class],
        "language": {"code": language},
        "languages": [{"code": "zh"}, {"code": "en"}],
        "data_class": layer.data_class,
        "kind": layer.kind,
        "access": layer.access,
        "contacts": [{"organization": layer.steward[language], "roles": ["custodian"]}],
        **(
            {"themes": [{"concepts": [{"id": layer.standard}], "scheme": "standard"}]}
            if layer.standard
            else {}
        ),
        **({"process": layer.process} if layer.process else {}),
    }
    links = [
        link("self", f"{visit.base}/collections/catalogue/items/{layer.name}", GEOJSON, "self", language),
        link("collection", f"{visit.base}/collections/catalogue", JSON, "collection", language),
        link("item", place, JSON, "collection", language),
    ]
    return {
        "type": "Feature",
        "id": layer.name,
        "conformsTo": [RECORD_CLASS],
        "time": None,
        "geometry": _outline(extent),
        "properties": properties,
        "links": links,
    }


def _outline(extent: Sequence[float] | None) -> dict[str, Any] | None:
    if extent is None:
        return None
    west, south, east, north = extent
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _classes(layers: Sequence[Layer], query: dict[str, str]) -> list[Layer]:
    if query.get("type", "dataset") != "dataset":
        return []
    if "data_class" in query:
        return [layer for layer in layers if layer.data_class == query["data_class"]]
    return list(layers)


def _words(layers: list[Layer], query: dict[str, str]) -> list[Layer]:
    words = query.get("q", "").replace(",", " ").casefold().split()
    if "q" in query and not 1 <= len(words) <= MAX_WORDS:
        raise bad_value("q", f"q 须为 1 到 {MAX_WORDS} 个词。", f"q takes 1 to {MAX_WORDS} words.")
    return [layer for layer in layers if all(word in _said(layer) for word in words)]


def _said(layer: Layer) -> str:
    parts = [layer.name, layer.data_class, layer.standard or ""]
    for text in (layer.title, layer.description, layer.steward):
        parts += [text.zh, text.en]
    return " ".join(parts).casefold()


def _ids(layers: list[Layer], query: dict[str, str]) -> list[Layer]:
    if "ids" not in query:
        return layers
    wanted = set(query["ids"].split(","))
    return [layer for layer in layers if layer.name in wanted]


def _within(layers: list[Layer], places: Mapping[str, Sequence[float]], text: str) -> list[Layer]:
    west, south, east, north = parameters.numbers("bbox", text, (4,))
    if south > north or abs(south) > 90 or abs(north) > 90 or max(abs(west), abs(east)) > 180:
        raise bad_value(
            "bbox", "bbox 顺序为 西,南,东,北（度）。", "bbox is west,south,east,north in degrees."
        )

    def meets(box: Sequence[float]) -> bool:
        across = box[2] >= west or box[0] <= east if west > east else box[0] <= east and box[2] >= west
        return across and box[1] <= north and box[3] >= south

    return [layer for layer in layers if layer.name in places and meets(places[layer.name])]


def _start(visit: Visit, layers: list[Layer], query: dict[str, str], digest: str) -> int:
    if "cursor" not in query:
        return 0
    (last,) = cursor.read(visit.door.secret, digest, query["cursor"])
    names = [layer.name for layer in layers]
    if last not in names:
        raise bad_cursor()
    return names.index(last) + 1
