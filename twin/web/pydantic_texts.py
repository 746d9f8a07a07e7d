"""What pydantic found wrong with a parameter, said in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.errors import Problem
from twin.processes.validation import OTHERWISE, SAID
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A parameter arrives as text: what cannot be read as a number is told like what is none.
READ_AS = {
    "int_parsing": "int_type",
    "int_parsing_size": "int_type",
    "int_from_float": "int_type",
    "float_parsing": "float_type",
    "bool_parsing": "bool_type",
    "uuid_type": "uuid_parsing",
}
OWN = {"missing": Text("必须给出此参数。", "This parameter has to be given.")}


def place(location: Iterable[object]) -> str:
    """``("query", "lon")`` as ``lon``: the part of the request is dropped."""
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if parts and parts[0] in {"body", "query", "path", "header"} else parts)


def problem(error: Mapping[str, Any]) -> Problem:
    """One entry of ``ValidationError.errors()`` as a problem; the offending value is never echoed."""
    key, kind = place(error["loc"]), str(error["type"])
    context = {name: f"{value}" for name, value in (error.get("ctx") or {}).items()}
    said = OWN.get(kind) or SAID.get(READ_AS.get(kind, kind), OTHERWISE)
    try:
        told = said.format(**context)
    except KeyError:
        told = OTHERWISE
    return Problem(code="TWIN-303", text=Text(f"{key}：{told.zh}", f"{key}: {told.en}"), key=key)
