"""What a process takes and gives: pydantic models whose fields speak Chinese and English.

``field`` declares one input or output; ``Inputs`` and ``Outputs`` are the bases of a process's two models. Values
are strict (no text for a number), finite, and unknown names are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.actions.ground import Ground

MAX_TEXT = 10_000


def field(
    zh: str,
    en: str,
    default: Any = ...,
    *,
    unit: str | None = None,
    description: Text | None = None,
    terms: Mapping[str, Text] | None = None,
    extra: Mapping[str, Any] | None = None,
    **constraints: Any,
) -> Any:
    """Declare an input or output titled ``zh``/``en``; without ``default`` it is required.

    ``unit`` is a UCUM-like text ("m", "mm/h"); ``terms`` titles the values of a ``Literal``; ``extra`` is added to
    the JSON Schema as it stands (keys ``x-...``; see ``codes_of`` and ``run_of``); ``constraints`` go to
    ``pydantic.Field`` (ge, le, max_length ...).
    """
    said: dict[str, Any] = {"title_zh": zh, "title_en": en, **(extra or {})}
    if description is not None:
        said |= {"description_zh": description.zh, "description_en": description.en}
    if unit is not None:
        said["unit"] = unit
    if terms is not None:
        said["terms"] = {code: {"zh": text.zh, "en": text.en} for code, text in terms.items()}
    return Field(default, json_schema_extra=said, **constraints)


def codes_of(layer: str, column: str = "code") -> dict[str, str]:
    """The ``extra`` of a text, or of a list of texts, that holds values of ``column`` of ``layer``: the console lets
    people click the features on the map."""
    return {"x-layer": layer, "x-code": column}


def run_of(process: str) -> dict[str, str]:
    """The ``extra`` of a UUID that names a finished run of ``process``: the console lists them, the newest first."""
    return {"x-run": process}


def laid_out(front: Sequence[str], groups: Sequence[tuple[str, str, Sequence[str]]] = ()) -> dict[str, Any]:
    """The ``json_schema_extra`` of a process's inputs for the console's form: which of them stand in front, and the
    folded groups (zh, en, names of inputs) of others; the rest is folded behind all. Without it, what the example
    gives stands in front."""
    folded = [{"title_zh": zh, "title_en": en, "members": list(members)} for zh, en, members in groups]
    return {"x-front": list(front), "x-groups": folded}


def titled(zh: str, en: str) -> dict[str, Any]:
    """The ``json_schema_extra`` of a model that stands as one choice or group: ``model_config = Value.config(...)``."""
    return {"title_zh": zh, "title_en": en}


class Value(BaseModel):
    """A strict, immutable group of values inside inputs or outputs."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, str_max_length=MAX_TEXT
    )


class Inputs(Value):
    """Base of a process's inputs.

    A subclass may override ``layers`` when an input names a layer to read, and ``check`` when inputs that are valid
    by themselves can be impossible for this city; both run when the run is asked for, before anything is stored.
    """

    def layers(self) -> tuple[tuple[str, str], ...]:
        """Pairs (input name, layer name) of the layers that these inputs ask to read beyond ``Process.reads``."""
        return ()

    def published(self) -> bool:
        """Whether the results are for everybody who may read their layers; if not, for the asker and the operators."""
        return True

    def check(self, ground: Ground) -> None:
        """Refuse what this city cannot answer. Raises ``TwinError`` (TWIN-5nn) naming the input."""


class Outputs(Value):
    """Base of a process's outputs: small values; big results are layers."""
