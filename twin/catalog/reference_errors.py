"""The reference page of every code with which the program refuses, read from the sources themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.error_source import entries
from twin.catalog.markdown import cell, code, page, table
from twin.text import LANGUAGES, Text

if TYPE_CHECKING:
    from pathlib import Path

    from twin.catalog.error_source import Entry
    from twin.text import Language

_TITLE = Text("错误代码", "Error codes")
_INTRO = Text(
    "本页由 `twin/` 的源代码经 `twin derive` 生成，请勿手工修改。HTTP 状态为接口应答时的状态；没有状态的代码是对"
    "文件、图层声明或单条记录的判定，随 TWIN-101、TWIN-245 等整体拒绝一同给出。`{花括号}` 处为实际的值。",
    "This page is derived from the sources in `twin/` by `twin derive`: do not edit it. The status is that of an "
    "answer over HTTP; a code without one is a finding about a file, a declaration or a record, told with a refusal "
    "of the whole such as TWIN-101 or TWIN-245. `{braces}` stand for the value at hand.",
)
_GROUPS = {
    "1": Text("目录", "The catalogue"),
    "2": Text("记录与文件", "Records and files"),
    "3": Text("请求", "Requests"),
    "4": Text("身份与权限", "Identity and access"),
    "5": Text("过程与运行", "Processes and runs"),
    "6": Text("存储与主机", "Store and machine"),
    "7": Text("交通", "Traffic"),
}
_HEAD = (Text("代码", "Code"), Text("HTTP", "HTTP"), Text("内容", "Meaning"), Text("出处", "Arises in"))
_OTHERWISE = Text("（由应答自述）", "(in the words of the answer)")


def error_pages(package: Path) -> dict[str, str]:
    """Content by path: ``docs/reference/{zh,en}/errors.md`` for the Python files below ``package``."""
    found = entries(package)
    return {f"docs/reference/{language}/errors.md": _page(found, language) for language in LANGUAGES}


def _page(found: dict[str, Entry], language: Language) -> str:
    lines = [f"# {_TITLE[language]}", "", _INTRO[language], ""]
    for digit, title in _GROUPS.items():
        group = [entry for number, entry in found.items() if number[5] == digit]
        if group:
            lines += [f"## {digit}nn {title[language]}", ""]
            lines += table([text[language] for text in _HEAD], (_row(entry, language) for entry in group))
    return page(lines)


def _row(entry: Entry, language: Language) -> tuple[str, str, str, str]:
    number = 0 if language == "zh" else 1
    said = [cell(pair[number]) for pair in entry.texts] or [_OTHERWISE[language]]
    return (
        code(entry.code),
        ", ".join(str(status) for status in sorted(entry.statuses)),
        "<br>".join(dict.fromkeys(said)),
        "<br>".join(code(place) for place in sorted(entry.places) or [entry.tabled or ""]),
    )
