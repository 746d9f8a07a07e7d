"""OGC API Processes descriptions (OGC 18-062r2 sections 7.9 and 7.10), derived from the declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.processes.registry import Process
    from twin.text import Language


def summarise(process: Process, language: Language) -> dict[str, Any]:
    """The process summary without links: id, version, titles, how it may be executed and answered."""
    modes = ["sync-execute", "async-execute"] if process.quick else ["async-execute", "sync-execute"]
    return {
        "id": process.name,
        "version": process.version,
        "title": process.title[language],
        "description": process.description_text[language],
        "jobControlOptions": [*modes, "dismiss"],
        "outputTransmission": ["value"],
    }


def describe(process: Process, language: Language) -> dict[str, Any]:
    """The whole description: each input and output with its schema, and the example as an execute request."""
    inputs = process.inputs_schema(language)
    outputs = process.outputs_schema(language)
    return {
        **summarise(process, language),
        "inputs": {
            name: {
                **_titles(name, part),
                "schema": part,
                "minOccurs": 1 if name in inputs.get("required", ()) else 0,
                "maxOccurs": 1,
            }
            for name, part in inputs.get("properties", {}).items()
        },
        "outputs": {
            name: {**_titles(name, part), "schema": part}
            for name, part in outputs.get("properties", {}).items()
        },
        "example": {"inputs": dict(process.example)},
    }


def _titles(name: str, part: dict[str, Any]) -> dict[str, Any]:
    said = {"title": part.get("title", name)}
    if "description" in part:
        said["description"] = part["description"]
    return said
