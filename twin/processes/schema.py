"""JSON Schemas of inputs and outputs in one language, self-contained (no ``$ref``), as OGC API Processes part 1 asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from twin.text import Language

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(model: type[BaseModel], language: Language, *, output: bool = False) -> dict[str, Any]:
    """The 2020-12 schema of ``model`` with titles and descriptions in ``language``.

    Units stand as ``x-unit``, titles of enumerated values as ``x-enum-titles``; references are written out in
    place, so that a part of the schema (one input) stands by itself.
    """
    whole = model.model_json_schema(mode="serialization" if output else "validation")
    definitions = whole.pop("$defs", {})
    said = _localise(_inline(whole, definitions), language)
    return {"$schema": DIALECT, **said}


def _inline(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[-1]]
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _inline({**target, **beside}, definitions)
    if _is_optional(node):
        # An input that may be left out: the schema offers its value only, a form needs no "null" beside it.
        value = next(option for option in node["anyOf"] if option != {"type": "null"})
        rest = {
            key: item for key, item in node.items() if key != "anyOf" and (key, item) != ("default", None)
        }
        return _inline({**value, **rest}, definitions)
    if "discriminator" in node:
        tag = node["discriminator"]["propertyName"]
        kinds = [
            {**kind, "required": [tag, *(name for name in kind.get("required", ()) if name != tag)]}
            for kind in _inline(node["oneOf"], definitions)
        ]
        node = {**node, "oneOf": kinds, "discriminator": {"propertyName": tag}}
    return {key: _inline(value, definitions) for key, value in node.items()}


def _is_optional(node: dict[str, Any]) -> bool:
    options = node.get("anyOf")
    return isinstance(options, list) and len(options) == 2 and {"type": "null"} in options


def _localise(node: Any, language: Language) -> Any:
    if isinstance(node, list):
        return [_localise(item, language) for item in node]
    if not isinstance(node, dict):
        return node
    said = dict(node)
    if "title_zh" in said and isinstance(said["title_zh"], str):
        titles = {key: said.pop(key, None) for key in ("title_zh", "title_en")}
        said["title"] = titles[f"title_{language}"]
        texts = {key: said.pop(key, None) for key in ("description_zh", "description_en")}
        said.pop("description", None)
        if texts[f"description_{language}"]:
            said["description"] = texts[f"description_{language}"]
        if (unit := said.pop("unit", None)) is not None:
            said["x-unit"] = unit
        if (terms := said.pop("terms", None)) is not None:
            said["x-enum-titles"] = {code: text[language] for code, text in terms.items()}
    else:
        _drop_docstring(said)
    return {key: _localise(value, language) for key, value in said.items()}


def _drop_docstring(said: dict[str, Any]) -> None:
    """A docstring of ours and a class name are no texts for people, and only in English."""
    if said.get("type") == "object":
        said.pop("description", None)
        said.pop("title", None)
