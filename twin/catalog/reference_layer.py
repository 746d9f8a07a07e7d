"""The reference page of one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.check_values import range_of
from twin.catalog.markdown import cell, code, page, table
from twin.text import Text

if TYPE_CHECKING:
    from twin.catalog.spec import Catalog, Column, Layer
    from twin.text import Language

_KINDS = {
    "features": Text("要素", "features"),
    "coverage": Text("栅格", "coverage"),
    "observations": Text("观测", "observations"),
    "records": Text("记录", "records"),
}
_TYPES = {
    "text": Text("文本", "text"),
    "integer": Text("整数", "integer"),
    "number": Text("数值", "number"),
    "boolean": Text("是否", "boolean"),
    "date": Text("日期", "date"),
    "datetime": Text("时刻", "time"),
}


def layer_page(layer: Layer, catalog: Catalog, language: Language) -> str:
    """Title, description, facts, columns, and where the layer is served."""
    lines = [f"# {layer.title[language]} `{layer.name}`", "", layer.description[language], ""]
    lines += table(
        [Text("项", "Item")[language], Text("值", "Value")[language]], _facts(layer, catalog, language)
    )
    if layer.columns:
        lines += [f"## {Text('列', 'Columns')[language]}", "", *_columns(layer, language)]
    if layer.style.stops:
        lines += [f"## {Text('色阶', 'Colours')[language]}", "", *_stops(layer, language)]
    if layer.style.widths:
        lines += [f"## {Text('线宽', 'Line widths')[language]}", "", *_widths(layer, language)]
    lines += [f"## {Text('取用', 'Where to get it')[language]}", "", *_doors(layer)]
    return page(lines)


def _facts(layer: Layer, catalog: Catalog, language: Language) -> list[tuple[str, str]]:
    access = catalog.access.classes[layer.access]
    readers = ", ".join(code(role) for role in access.read)
    facts = [
        (Text("类型", "Kind"), cell(_KINDS[layer.kind][language])),
        (Text("几何", "Geometry"), cell(layer.geometry)),
        (Text("标准", "Standard"), cell(layer.standard)),
        (Text("主管", "Steward"), cell(layer.steward[language])),
        (Text("级别", "Access class"), f"{cell(access.title[language])} ({readers})"),
        (Text("来自过程", "Written by process"), code(layer.process)),
    ]
    if layer.raster:
        unit = "" if layer.raster.unit == "1" else f", {layer.raster.unit}"
        facts.append(
            (Text("栅格值", "Cells"), cell(f"{layer.raster.quantity[language]}{unit}, {layer.raster.dtype}"))
        )
        facts.append((Text("无数据值", "Nodata"), code(f"{layer.raster.nodata:g}")))
    if layer.tiles:
        facts.append((Text("瓦片级别", "Tile zooms"), f"{layer.tiles.min_zoom} - {layer.tiles.max_zoom}"))
    return [(name[language], value) for name, value in facts if value]


def _columns(layer: Layer, language: Language) -> list[str]:
    head = [
        Text("列", "Column"),
        Text("名称", "Title"),
        Text("类型", "Type"),
        Text("约束", "Rules"),
        Text("说明", "Description"),
    ]
    rows = (
        (
            code(name),
            cell(column.title[language]),
            _type(column, language),
            _rules(column, language),
            cell(column.description[language] if column.description else ""),
        )
        for name, column in layer.columns.items()
    )
    return table([text[language] for text in head], rows)


def _type(column: Column, language: Language) -> str:
    unit = f" ({column.unit})" if column.unit and column.unit != "1" else ""
    return cell(_TYPES[column.type][language] + unit)


def _rules(column: Column, language: Language) -> str:
    rules = []
    if column.required:
        rules.append(Text("必填", "required")[language])
    if column.unique:
        rules.append(Text("唯一", "unique")[language])
    if column.minimum is not None or column.maximum is not None:
        plain = column.model_copy(update={"unit": None})
        rules.append(cell(range_of(plain)[0 if language == "zh" else 1]))
    if column.max_length:
        rules.append(Text("最长 {n}", "at most {n} characters").format(n=column.max_length)[language])
    if column.pattern:
        rules.append(code(column.pattern))
    if column.vocabulary:
        rules.append(f"[{code(column.vocabulary)}](../vocabularies/{column.vocabulary}.md)")
    if column.references:
        target = column.references.split(".")[0]
        rules.append(f"→ [{code(column.references)}]({target}.md)")
    if column.access:
        rules.append(Text("级别 {c}", "access {c}").format(c=code(column.access))[language])
    return Text("；", "; ")[language].join(rules)


def _stops(layer: Layer, language: Language) -> list[str]:
    head = [Text("自", "From"), Text("颜色", "Colour"), Text("含义", "Meaning")]
    rows = (
        (f"{stop.value:g}", code(stop.colour), cell(stop.title[language] if stop.title else ""))
        for stop in layer.style.stops
    )
    return table([text[language] for text in head], rows)


def _widths(layer: Layer, language: Language) -> list[str]:
    column = layer.columns[layer.style.width_by or ""]
    unit = f" ({column.unit})" if column.unit and column.unit != "1" else ""
    head = [
        f"{column.title[language]}{unit}",
        Text("宽度（15 级像素）", "Width (pixels at zoom 15)")[language],
    ]
    return table(head, ((f"{step.value:g}", f"{step.width:g}") for step in layer.style.widths))


def _doors(layer: Layer) -> list[str]:
    name = layer.name
    doors = [f"/ogc/collections/{name}"]
    if layer.kind in {"features", "records"}:
        doors.append(f"/ogc/collections/{name}/items")
    if layer.kind == "coverage":
        doors += [
            f"/ogc/collections/{name}/coverage",
            f"/coverages/{name}",
            f"/tiles/{name}/{{z}}/{{x}}/{{y}}.png",
        ]
    elif layer.tiles:
        doors.append(f"/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt")
    if layer.tiles:
        doors.append(f"/tiles/{name}.json")
    return [f"- `GET {door}`" for door in doors]
