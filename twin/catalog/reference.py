"""The reference pages in Chinese and English: ``docs/reference/{zh,en}/``, one page per layer, list and process.

Pure text from the catalogue (and, for processes and errors, from what the caller hands in): ``twin derive`` writes
it, a test fails when the committed pages are stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.markdown import cell, code, page, table
from twin.catalog.reference_errors import error_pages
from twin.catalog.reference_layer import layer_page
from twin.catalog.reference_process import process_pages
from twin.text import LANGUAGES, Text

if TYPE_CHECKING:
    from twin.catalog.spec import Catalog, Vocabulary
    from twin.text import Language

__all__ = ["ROOT", "error_pages", "pages", "process_pages"]

ROOT = "docs/reference"
_DERIVED = Text(
    "本页由 `layers/` 经 `twin derive` 生成，请勿手工修改。",
    "This page is derived from `layers/` by `twin derive`: do not edit it.",
)
_CLASSES = {
    "base": Text("时空基础数据", "Base data"),
    "survey": Text("资源调查数据", "Survey data"),
    "planning": Text("规划管控数据", "Planning data"),
    "construction": Text("工程建设项目数据", "Construction project data"),
    "public": Text("公共专题数据", "Public thematic data"),
    "sensing": Text("物联感知数据", "Sensing data"),
    "results": Text("模拟结果", "Results of processes"),
}


def pages(catalog: Catalog) -> dict[str, str]:
    """Content by path: index, layers, vocabularies and access rules, in both languages."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        folder = f"{ROOT}/{language}"
        found[f"{folder}/layers/index.md"] = _layers(catalog, language)
        found[f"{folder}/access.md"] = _access(catalog, language)
        found[f"{folder}/vocabularies/index.md"] = _vocabularies(catalog, language)
        for layer in catalog.layers.values():
            found[f"{folder}/layers/{layer.name}.md"] = layer_page(layer, catalog, language)
        for vocabulary in catalog.vocabularies.values():
            found[f"{folder}/vocabularies/{vocabulary.name}.md"] = _vocabulary(vocabulary, language)
    return found


def _layers(catalog: Catalog, language: Language) -> str:
    lines = [f"# {Text('图层', 'Layers')[language]}", "", _DERIVED[language], ""]
    head = [
        Text("图层", "Layer")[language],
        Text("名称", "Title")[language],
        Text("几何", "Geometry")[language],
        Text("级别", "Access")[language],
        Text("标准", "Standard")[language],
    ]
    classes = dict.fromkeys([*_CLASSES, *(layer.data_class for layer in catalog.layers.values())])
    for data_class in classes:
        members = [layer for layer in catalog.layers.values() if layer.data_class == data_class]
        if members:
            title = _CLASSES.get(data_class, Text(data_class, data_class))
            lines += [f"## {title[language]}", ""]
            lines += table(
                head,
                (
                    (
                        f"[{code(layer.name)}]({layer.name}.md)",
                        cell(layer.title[language]),
                        cell(layer.geometry or layer.kind),
                        cell(catalog.access.classes[layer.access].title[language]),
                        cell(layer.standard),
                    )
                    for layer in members
                ),
            )
    return page(lines)


def _access(catalog: Catalog, language: Language) -> str:
    access = catalog.access
    lines = [f"# {Text('访问规则', 'Access rules')[language]}", "", _DERIVED[language], ""]
    yes = Text("是", "yes")[language]
    lines += [f"## {Text('级别', 'Classes')[language]}", ""]
    head = [Text("级别", "Class"), Text("处理方式", "Treatment"), Text("可读", "Read"), Text("可写", "Write")]
    rows = [
        (
            f"{code(name)} {cell(rule.title[language])}",
            cell(rule.treatment[language]),
            ", ".join(code(role) for role in rule.read),
            ", ".join(code(role) for role in rule.write),
        )
        for name, rule in access.classes.items()
    ]
    lines += table([text[language] for text in head], rows)
    lines += [f"## {Text('角色', 'Roles')[language]}", ""]
    head = [
        Text("角色", "Role"),
        Text("名称", "Title"),
        Text("可运行模拟", "Runs processes"),
        Text("查询时限 (s)", "Query limit (s)"),
    ]
    rows = [
        (
            code(name),
            cell(role.title[language]),
            yes if name in access.run else "",
            str(role.statement_timeout_s),
        )
        for name, role in access.roles.items()
    ]
    return page([*lines, *table([text[language] for text in head], rows)])


def _vocabularies(catalog: Catalog, language: Language) -> str:
    lines = [f"# {Text('词表', 'Vocabularies')[language]}", "", _DERIVED[language], ""]
    head = [
        Text("词表", "List"),
        Text("名称", "Title"),
        Text("词条数", "Terms"),
        Text("标准", "Standard"),
        Text("已核实", "Verified"),
    ]
    rows = [
        (
            f"[{code(name)}]({name}.md)",
            cell(vocabulary.title[language]),
            str(len(vocabulary.terms)),
            cell(vocabulary.standard),
            _yes_no(vocabulary.verified)[language],
        )
        for name, vocabulary in catalog.vocabularies.items()
    ]
    return page([*lines, *table([text[language] for text in head], rows)])


def _yes_no(value: bool) -> Text:
    return Text("是", "yes") if value else Text("否", "no")


def _vocabulary(vocabulary: Vocabulary, language: Language) -> str:
    lines = [f"# {vocabulary.title[language]} `{vocabulary.name}`", ""]
    if vocabulary.standard:
        lines += [f"{Text('标准', 'Standard')[language]}: {vocabulary.standard}", ""]
    if not vocabulary.verified:
        lines += [
            Text("尚待与标准原文核对。", "Still to be compared with the printed standard.")[language],
            "",
        ]
    head = [
        Text("代码", "Code"),
        Text("中文", "Chinese"),
        Text("英文", "English"),
        Text("上级", "Parent"),
        Text("待核对", "To verify"),
    ]
    numbers = list(dict.fromkeys(name for term in vocabulary.terms.values() for name in term.values))
    if vocabulary.source and numbers:
        lines += [f"{Text('来源', 'Source')[language]}: {vocabulary.source}", ""]
    rows = [
        (
            code(key),
            cell(term.zh),
            cell(term.en),
            code(term.parent),
            "" if term.verified else _yes_no(True)[language],
            *(f"{term.values[name]:g}" if name in term.values else "" for name in numbers),
        )
        for key, term in vocabulary.terms.items()
    ]
    return page([*lines, *table([*(text[language] for text in head), *map(code, numbers)], rows)])
