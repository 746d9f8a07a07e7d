"""A small catalogue of its own: one layer of each shape that an import has to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twin.catalog.load import load, shipped_layers
from twin.catalog.spec import Catalog, Column, Layer, Term, Tiles, Vocabulary
from twin.store.database import Store
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.access.actor import Actor

SRID = 4547


def column(kind: str, title: str, **rest: Any) -> Column:
    return Column(title=Text(zh=title, en=title), type=kind, **rest)  # type: ignore[arg-type]


def layer(name: str, geometry: str | None, columns: dict[str, Column], **rest: Any) -> Layer:
    given: dict[str, Any] = {
        "name": name,
        "data_class": "base",
        "kind": "features" if geometry else "records",
        "title": Text(zh=name, en=name),
        "description": Text(zh=name, en=name),
        "steward": Text(zh="处", en="office"),
        "access": "open",
        "geometry": geometry,
        "columns": columns,
    }
    return Layer(**(given | rest))


def layers() -> list[Layer]:
    code = column("text", "编号", required=True, unique=True, max_length=20)
    return [
        layer(
            "plot",
            "MultiPolygon",
            {
                "code": code,
                "name": column("text", "名称", aliases=("MC",)),
                "use": column("text", "用途", vocabulary="plot_use"),
                "area": column("number", "面积", minimum=0),
                "floors": column("integer", "层数"),
                "listed": column("boolean", "保护"),
                "built": column("date", "建成日期"),
                "seen": column("datetime", "调查时间"),
            },
            tiles=Tiles(min_zoom=10, max_zoom=16, columns=("code", "use"), overview_below=13),
        ),
        layer("spot", "Point", {"code": code, "plot": column("text", "地块", references="plot.code")}),
        layer("tree", "Point", {"code": code, "parent": column("text", "上级", references="tree.code")}),
        layer("pipe", "LineString", {"code": code}, dimensions=3),
        layer("house", "Polygon", {"code": code, "height": column("number", "高度")}),
        layer("note", None, {"code": code, "remark": column("text", "说明")}),
        layer("secret", "Point", {"code": code}, access="protected"),
    ]


@pytest.fixture(scope="package")
def catalog() -> Catalog:
    """The shipped access rules with the layers of this file."""
    shipped = load(shipped_layers())
    use = Vocabulary(
        name="plot_use",
        title=Text(zh="地块用途", en="Plot use"),
        terms={
            "0701": Term(zh="城镇住宅用地", en="Urban housing"),
            "0809": Term(zh="公用设施", en="Utilities"),
        },
    )
    terrain = shipped.layers["terrain"]
    made = {one.name: one for one in layers()}
    return Catalog(
        layers=made | {"terrain": terrain},
        vocabularies={"plot_use": use},
        access=shipped.access,
    )


@pytest.fixture(scope="package")
def city(new_database: Callable[..., Any], catalog: Catalog) -> Iterator[Store]:
    """A store on a database of the small catalogue."""
    made = new_database(catalog, SRID)
    with Store.open(made.url, catalog) as store:
        yield store


@pytest.fixture
def operator(actor: Callable[[str], Actor]) -> Actor:
    return actor("operator")


@pytest.fixture
def clean(city: Store, actor: Callable[[str], Actor]) -> Store:
    """The same store with its layers empty."""
    with city.transaction(actor("admin"), write=True) as conn:
        for name in ("spot", "tree", "pipe", "house", "note", "secret", "plot"):
            conn.execute(f"DELETE FROM city.{name}")
    return city
