"""The reference pages of the processes, from their own descriptions; the registry is handed in by the caller."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from twin.catalog.markdown import cell, code, page, table
from twin.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.text import Language

_FOLDER = "docs/reference/{language}/processes"


class Described(Protocol):
    """What a process says of itself."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def title(self) -> Text: ...
    @property
    def description_text(self) -> Text: ...
    @property
    def example(self) -> Mapping[str, Any]: ...
    @property
    def reads(self) -> tuple[str, ...]: ...
    @property
    def writes(self) -> tuple[str, ...]: ...
    def inputs_schema(self, language: Language) -> dict[str, Any]: ...
    def outputs_schema(self, language: Language) -> dict[str, Any]: ...


def process_pages(processes: Mapping[str, Described]) -> dict[str, str]:
    """Content by path: an index and a page per process, in both languages."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        folder = _FOLDER.format(language=language)
        rows = [
            (f"[{code(name)}]({name}.md)", cell(one.title[language]), cell(one.version))
            for name, one in sorted(processes.items())
        ]
        head = [Text("过程", "Process"), Text("名称", "Title"), Text("版本", "Version")]
        title = Text("模拟与分析过程", "Processes")[language]
        found[f"{folder}/index.md"] = page(
            [f"# {title}", "", *table([text[language] for text in head], rows)]
        )
        for name, one in processes.items():
            found[f"{folder}/{name}.md"] = _page(one, language)
    return found


def _page(process: Described, language: Language) -> str:
    lines = [
        f"# {process.title[language]} `{process.name}` {process.version}",
        "",
        process.description_text[language],
        "",
    ]
    for text, schema in (
        (Text("输入", "Inputs"), process.inputs_schema(language)),
        (Text("输出", "Outputs"), process.outputs_schema(language)),
    ):
        if schema.get("properties"):
            lines += [f"## {text[language]}", "", *_parts(schema, language)]
    for text, names in (
        (Text("读取图层", "Reads"), process.reads),
        (Text("写入图层", "Writes"), process.writes),
    ):
        if names:
            links = ", ".join(f"[{code(name)}](../layers/{name}.md)" for name in names)
            lines += [f"{text[language]}: {links}", ""]
    example = json.dumps({"inputs": dict(process.example)}, ensure_ascii=False, indent=2, default=str)
    lines += [f"## {Text('示例', 'Example')[language]}", "", "```json", example, "```", ""]
    door = "/ogc/processes/{name}/execution".replace("{name}", process.name)
    return page([*lines, f"- `POST /simulations/{process.name}`", f"- `POST {door}`"])


def _parts(schema: Mapping[str, Any], language: Language) -> list[str]:
    head = [
        Text("参数", "Name"),
        Text("名称", "Title"),
        Text("类型", "Type"),
        Text("默认", "Default"),
        Text("说明", "Description"),
    ]
    required = schema.get("required", ())
    rows = (
        (
            code(name) + ("" if name not in required else " *"),
            cell(part.get("title")),
            cell(_kind(part)),
            code(json.dumps(part["default"], ensure_ascii=False)) if part.get("default") is not None else "",
            cell(part.get("description")),
        )
        for name, part in schema["properties"].items()
    )
    return table([text[language] for text in head], rows)


def _kind(part: Mapping[str, Any]) -> str:
    """Type, unit, range and choices of one input in short."""
    said = str(part.get("type", "")) or " / ".join(
        str(option.get("title") or option.get("type", ""))
        for option in part.get("oneOf", part.get("anyOf", ()))
    )
    unit = part.get("x-unit")
    if unit and unit != "1":
        said += f" ({unit})"
    if part.get("enum"):
        said += ": " + ", ".join(str(choice) for choice in part["enum"])
    bounds = [
        f"{sign} {part[key]:g}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in part
    ]
    return " ".join([said, *bounds])
