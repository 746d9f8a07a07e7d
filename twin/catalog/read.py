"""Read the TOML files of one or several layer folders, and say which is what.

A folder holds ``access.toml``, ``vocabularies/<name>.toml`` and ``<data class>/<layer>.toml``. Later folders (a city's
own) add files; a file of the same name replaces the earlier one and is reported; a vocabulary that says
``extends = true`` adds its terms instead.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from twin.catalog.messages import fault
from twin.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from twin.errors import Problem

Role = Literal["access", "vocabulary", "layer"]
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """One file: what it declares, under which name, and its raw TOML (``None`` when it could not be read)."""

    role: Role
    name: str
    folder: str
    file: str
    data: dict[str, Any] | None


def read_folder(folder: Path) -> tuple[list[Document], list[Problem]]:
    """All documents below ``folder`` in a stable order, and what is wrong with the files themselves."""
    if not folder.is_dir():
        reason = Text("文件夹不存在", "there is no such folder")
        return [], [fault(str(folder), None, "TWIN-102", reason)]
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.toml")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts):
            continue
        file = "/".join((folder.name, *parts))
        role = _role(parts)
        if role is None or not all(NAME.fullmatch(part) for part in (*parts[:-1], path.stem)):
            problems.append(_misplaced(file, role is None))
            continue
        data, problem = _parse(path, file)
        if problem:
            problems.append(problem)
        documents.append(Document(role, path.stem, parts[0], file, data))
    return documents, problems


def _role(parts: tuple[str, ...]) -> Role | None:
    if parts == ("access.toml",):
        return "access"
    if len(parts) != 2:
        return None
    return "vocabulary" if parts[0] == "vocabularies" else "layer"


def _misplaced(file: str, place: bool) -> Problem:
    if place:
        return fault(
            file,
            None,
            "TWIN-124",
            reason=Text(
                "应为 access.toml、vocabularies/<词表>.toml 或 <数据类>/<图层>.toml",
                "expected access.toml, vocabularies/<list>.toml or <data class>/<layer>.toml",
            ),
        )
    return fault(
        file,
        None,
        "TWIN-108",
        name=file.rsplit("/", 1)[-1].removesuffix(".toml"),
        reason=Text(
            "文件与文件夹名须为小写字母开头的字母、数字、下划线，最多 40 个字符",
            "file and folder names are lower-case letters, digits and underscores, a letter first, at most 40",
        ),
    )


def _parse(path: Path, file: str) -> tuple[dict[str, Any] | None, Problem | None]:
    try:
        if path.stat().st_size > MAX_BYTES:
            reason = Text("文件超过 5 MB", "the file is larger than 5 MB")
            return None, fault(file, None, "TWIN-102", reason)
        return tomllib.loads(path.read_text(encoding="utf-8")), None
    except OSError as error:
        reason = Text(f"{error.strerror}", f"{error.strerror}")
    except UnicodeDecodeError as error:
        reason = Text(f"第 {error.start} 字节处不是 UTF-8", f"byte {error.start} is not UTF-8")
    except tomllib.TOMLDecodeError as error:
        return None, _syntax(file, str(error))
    except RecursionError:
        return None, fault(file, None, "TWIN-103", line="?", column="?", detail="nested too deeply")
    return None, fault(file, None, "TWIN-102", reason)


def _syntax(file: str, error: str) -> Problem:
    place = re.search(r" \(at line (\d+), column (\d+)\)$", error)
    line, column = place.groups() if place else ("?", "?")
    text = error[: place.start()] if place else error.removesuffix(" (at end of document)")
    return fault(file, f"line {line}", "TWIN-103", line=line, column=column, detail=text)
