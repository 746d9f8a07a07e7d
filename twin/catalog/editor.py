"""The JSON Schema of the TOML files themselves, so that an editor completes and checks them while they are written.

``layers/layer.schema.json`` holds one schema for all three kinds of file (a TOML language server picks it up by
file association); it is derived from the models in ``spec``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from twin.catalog.schema import DIALECT
from twin.catalog.spec import Access, Layer, Vocabulary

if TYPE_CHECKING:
    from pydantic import BaseModel

_SET_BY_FILE = ("name", "data_class")


def editor_schema() -> dict[str, Any]:
    """A schema whose ``$defs`` hold ``Layer``, ``Vocabulary`` and ``Access``, and which takes any one of them."""
    definitions: dict[str, Any] = {}
    for model in (Layer, Vocabulary, Access):
        definitions |= _definitions(model)
    return {
        "$schema": DIALECT,
        "title": "layers/*.toml",
        "description": "图层、词表与访问规则文件 / files of layers, vocabularies and access rules",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in (Layer, Vocabulary, Access)],
        "$defs": dict(sorted(definitions.items())),
    }


def editor_schema_text() -> str:
    """The schema as the committed file holds it."""
    return json.dumps(editor_schema(), ensure_ascii=False, indent=2) + "\n"


def _definitions(model: type[BaseModel]) -> dict[str, Any]:
    whole = model.model_json_schema()
    parts: dict[str, Any] = whole.pop("$defs", {})
    for key in _SET_BY_FILE:
        # The file's name and folder say these.
        whole["properties"].pop(key, None)
        if key in whole.get("required", []):
            whole["required"].remove(key)
    return {model.__name__: whole, **parts}
