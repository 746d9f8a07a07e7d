"""OGC API - Features: the items of a layer, one page at a time, and one item by its id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import orjson
from psycopg import sql
from starlette.responses import Response

from twin.ogc import cursor, parameters
from twin.ogc.answers import answer, page
from twin.ogc.counts import matched
from twin.ogc.door import CATALOGUE
from twin.ogc.features import OPTIONS, collection, feature, table
from twin.ogc.links import CSV, FLATGEOBUF, GEOJSON, HTML, JSON, address, forms, link
from twin.ogc.problems import no_resource
from twin.ogc.properties import titles
from twin.ogc.records import record, records
from twin.ogc.router import Router
from twin.ogc.selection import PARAMETERS, Selection, select
from twin.store import features
from twin.store.queryfile import composed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.rows import TupleRow

    from twin.catalog.spec import Layer
    from twin.ogc.door import Visit

router = Router()
FORMS = {"json": GEOJSON, "html": HTML, "csv": CSV, "fgb": FLATGEOBUF}
ITEM_FORMS = {"json": GEOJSON, "html": HTML}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of items: its rows, how many match in all, and the cursor of the next page."""

    rows: list[TupleRow]
    matched: int
    estimated: bool
    next: str | None


@router.get("/collections/{name}/items")
async def items(name: str, visit: Visit) -> Response:
    """The features of a layer that meet every condition, ordered by ``sortby`` and then by id."""
    if name == CATALOGUE:
        return await records(visit)
    layer = visit.layer(name, "features", "records")
    query = parameters.read(visit.request, *PARAMETERS, *visit.columns(layer))
    form = parameters.form(visit.request, query, FORMS)
    chosen = select(visit, layer, query)
    if form == "fgb":
        chosen = replace(chosen, query=replace(chosen.query, flip=False))
    found = await _page(visit, chosen)
    headers = {
        "content-crs": f"<{chosen.crs.uri}>",
        "ogc-numbermatched": str(found.matched),
        "ogc-numberreturned": str(len(found.rows)),
    }
    path = f"{visit.base}/collections/{layer.name}/items"
    kept = {key: value for key, value in query.items() if key not in ("f", "lang")}
    links = _links(visit, layer, path, kept, form, found)
    if found.next:
        headers["link"] = f'<{_next(path, query, form, found.next)}>; rel="next"; type="{FORMS[form]}"'
    head = {
        "numberMatched": found.matched,
        "numberReturned": len(found.rows),
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "links": links,
    }
    if found.estimated:
        head["numberMatchedEstimated"] = True
    if form == "csv":
        body = table(found.rows, chosen.names, chosen.geometry)
        headers["content-disposition"] = f'attachment; filename="{layer.name}.csv"'
        return answer(visit, body, CSV, headers=headers)
    if form == "fgb":
        return await _binary(visit, layer, chosen, found, headers)
    if form == "html":
        return await _html(visit, layer, chosen, found, head)
    return answer(
        visit, collection(found.rows, chosen.names, chosen.geometry, head), GEOJSON, headers=headers
    )


@router.get("/collections/{name}/items/{item}")
async def item(name: str, item: str, visit: Visit) -> Response:
    """One feature; 404 when there is none of that id for this actor."""
    if name == CATALOGUE:
        return await record(visit, item)
    layer = visit.layer(name, "features", "records")
    query = parameters.read(visit.request, "crs", "run", "asof", "properties", "skipGeometry")
    form = parameters.form(visit.request, query, ITEM_FORMS)
    chosen = select(visit, layer, query)
    wanted = replace(chosen.query, ids=(_id(item),), limit=1, sortby=())
    (rows,) = await visit.store.read(visit.actor, features.statement(wanted))
    if not rows:
        raise _no_item(item)
    path = f"{visit.base}/collections/{layer.name}"
    kept = {key: value for key, value in query.items() if key not in ("f", "lang")}
    links = [
        *forms(f"{path}/items/{item}", kept, form, ITEM_FORMS, visit.language),
        link("collection", path, JSON, "collection", visit.language),
    ]
    data = feature(rows[0], chosen.names, chosen.geometry) | {"links": links}
    if form == "html":
        shown = {**data, "title": layer.title[visit.language], "titles": titles(layer, visit)}
        return await page(visit, "collections/items/item.html", shown)
    headers = {"content-crs": f"<{chosen.crs.uri}>"}
    return answer(visit, orjson.dumps(data, option=OPTIONS), GEOJSON, headers=headers, tagged=True)


async def _page(visit: Visit, chosen: Selection) -> Page:
    """The rows of this page; one more than asked for tells whether another follows."""
    query = replace(chosen.query, limit=chosen.limit + 1)
    if chosen.cursor is not None:
        query = replace(query, after=cursor.read(visit.door.secret, chosen.digest, chosen.cursor))
    rows, state = await visit.store.read(
        visit.actor, features.statement(query), composed("ogc", "state", layer=sql.Literal(query.layer.name))
    )
    total, estimated = await matched(visit, chosen, state[0] if state else None)
    more = len(rows) > chosen.limit
    rows = rows[: chosen.limit]
    key = cursor.write(visit.door.secret, chosen.digest, chosen.key(rows[-1])) if more else None
    if chosen.cursor is None and not more:
        total, estimated = len(rows), False
    return Page(rows, total, estimated, key)


def _links(
    visit: Visit, layer: Layer, path: str, query: Mapping[str, str], form: str, found: Page
) -> list[dict[str, Any]]:
    language = visit.language
    links = forms(path, query, form, FORMS, language)
    if found.next:
        links.append(link("next", _next(path, query, form, found.next), FORMS[form], "next", language))
    home = f"{visit.base}/collections/{layer.name}"
    links.append(link("collection", home, JSON, "collection", language))
    return links


def _next(path: str, query: Mapping[str, str], form: str, key: str) -> str:
    kept = {name: value for name, value in query.items() if name not in ("cursor", "f")}
    return address(path, kept, f=form, cursor=key)


async def _html(visit: Visit, layer: Layer, chosen: Selection, found: Page, head: dict[str, Any]) -> Response:
    data = {
        **head,
        "title": layer.title[visit.language],
        "titles": titles(layer, visit),
        "names": chosen.names,
        "features": [feature(row, chosen.names, None) for row in found.rows],
        "path": f"{visit.base}/collections/{layer.name}/items",
    }
    return await page(visit, "collections/items/index.html", data)


async def _binary(
    visit: Visit, layer: Layer, chosen: Selection, found: Page, headers: dict[str, str]
) -> Response:
    from twin.ogc.flatgeobuf import flatgeobuf  # brings pandas along: a third of the time of starting the web

    types = {name: chosen.types[name] for name in chosen.names}
    body = await anyio.to_thread.run_sync(
        flatgeobuf, found.rows, types, chosen.geometry, chosen.crs.srid, layer.geometry
    )
    return answer(visit, body, FLATGEOBUF, headers=headers)


def _id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63:
        return int(text)
    raise _no_item(text)


def _no_item(_text: str) -> Exception:
    return no_resource(
        "featureId", "没有这个要素；编号为正整数。", "there is no such feature; ids are positive integers."
    )
