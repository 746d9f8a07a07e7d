"""A small catalogue made by hand: the store's tests depend on no shipped layer."""

from __future__ import annotations

from typing import Any

from twin.catalog.spec import Access, Catalog, Class, Column, Layer, Role, Style, Term, Tiles, Vocabulary
from twin.text import Text

ROLES = ("anonymous", "viewer", "planner", "operator", "admin")


def text(en: str) -> Text:
    return Text(zh=f"{en}（中文）", en=en)


def access() -> Access:
    read = {"open": ROLES, "shared": ROLES[1:], "supervised": ROLES[2:], "protected": ROLES[3:]}
    return Access(
        roles={name: Role(title=text(name), statement_timeout_s=10) for name in ROLES},
        classes={
            name: Class(title=text(name), treatment=text(name), read=roles, write=("operator", "admin"))
            for name, roles in read.items()
        },
        run=("planner", "operator", "admin"),
    )


def layer(name: str, **fields: Any) -> Layer:
    fields.setdefault("kind", "features")
    fields.setdefault("access", "open")
    if fields["kind"] == "features":
        fields.setdefault("geometry", "Polygon")
    return Layer(
        name=name,
        data_class="base",
        title=text(name),
        description=text(name),
        steward=text("bureau"),
        **fields,
    )


def column(kind: str, **fields: Any) -> Column:
    return Column(title=text(kind), type=kind, **fields)


def layers() -> dict[str, Layer]:
    building = layer(
        "building",
        columns={
            "code": column("text", unique=True, max_length=20, pattern="^[A-Z0-9-]+$"),
            "name": column("text"),
            "height": column("number", unit="m", minimum=0, maximum=1000, indexed=True),
            "floors": column("integer", minimum=0, maximum=200),
            "use": column("text", vocabulary="building_use", required=True),
            "owner_name": column("text", access="protected"),
        },
        tiles=Tiles(
            min_zoom=8, max_zoom=16, columns=("code", "height", "use", "owner_name"), overview_below=13
        ),
        style=Style(extrude="height", colour_by="use"),
    )
    node = layer("road_node", geometry="Point", columns={"code": column("text", unique=True, required=True)})
    link = layer(
        "road_link",
        geometry="LineString",
        columns={
            "code": column("text", unique=True),
            "from_node": column("text", references="road_node.code"),
            "lanes": column("integer"),
            "surveyed": column("date"),
            "checked": column("datetime"),
            "bridge": column("boolean"),
        },
        tiles=Tiles(min_zoom=10, columns=("code", "lanes")),
    )
    area = layer(
        "admin_area", geometry="MultiPolygon", columns={"name": column("text")}, tiles=Tiles(min_zoom=0)
    )
    camera = layer(
        "camera",
        geometry="Point",
        access="protected",
        columns={"code": column("text")},
        tiles=Tiles(columns=("code",)),
    )
    pipe = layer(
        "drain_pipe",
        geometry="LineString",
        dimensions=3,
        access="supervised",
        columns={"code": column("text"), "diameter": column("integer", unit="mm")},
        tiles=Tiles(columns=("diameter",)),
    )
    flooded = layer(
        "flood_building",
        process="flood",
        valid_time=False,
        columns={"building_code": column("text"), "depth": column("number", unit="m", minimum=0)},
        tiles=Tiles(columns=("depth",)),
    )
    depth = layer("flood_depth", kind="coverage", process="flood")
    note = layer("note", kind="records", columns={"remark": column("text")})
    return {one.name: one for one in (building, node, link, area, camera, pipe, flooded, depth, note)}


def catalog(**changed: Layer) -> Catalog:
    uses = {code: Term(zh=code, en=code) for code in ("0701", "05", "居住")}
    vocabulary = Vocabulary(name="building_use", title=text("use"), terms=uses)
    return Catalog(layers=layers() | changed, vocabularies={"building_use": vocabulary}, access=access())
