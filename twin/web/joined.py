"""The OGC door's OpenAPI 3.0 document laid into ours (3.1): names kept apart, references rewritten."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
PREFIX = "Ogc"
MOUNT = "/ogc"
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def joined(own: Json, ogc: Json) -> Json:
    """Both documents as one. Components of the second get a prefix, its paths stand below ``/ogc``, its operation
    ids and tags behind ``ogc.``; what 3.1 says otherwise than 3.0 is said in 3.1's words."""
    renamed = _upgraded(ogc)
    for path, item in renamed["paths"].items():
        for method in METHODS & item.keys():
            operation = item[method]
            operation["operationId"] = f"ogc.{operation['operationId']}"
            operation["tags"] = [f"ogc.{tag}" for tag in operation.get("tags", ["server"])]
        own["paths"][MOUNT + path] = item
    for section in ("parameters", "responses", "schemas"):
        place = own["components"].setdefault(section, {})
        for name, value in renamed["components"].get(section, {}).items():
            place[PREFIX + name] = value
    own["tags"] += [{**tag, "name": f"ogc.{tag['name']}"} for tag in renamed.get("tags", [])]
    return own


def _upgraded(value: Any) -> Any:
    if isinstance(value, list):
        return [_upgraded(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {
        key: _upgraded(item) for key, item in value.items() if key != "nullable" or not _is_schema(value)
    }
    reference = found.get("$ref")
    if isinstance(reference, str):
        return found | {"$ref": _renamed(reference)}
    if _is_schema(value) and value.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return found


def _is_schema(value: Json) -> bool:
    return isinstance(value.get("nullable"), bool)


def _renamed(reference: str) -> str:
    head, _, name = reference.rpartition("/")
    return f"{head}/{PREFIX}{name}" if head.startswith("#/components/") else reference
