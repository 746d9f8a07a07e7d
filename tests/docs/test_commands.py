"""What the pages tell people to type exists: commands, options, make targets, variables, addresses' layers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.docs.conftest import DOCS, FENCE, ROOT, SPAN
from twin.catalog.load import load
from twin.catalog.spec import Catalog
from twin.cli import app
from twin.settings import Settings

COMMAND = re.compile(r"(?:^|[\s(/])twin ((?:[a-z-]+)(?: [^\n]*)?)$")
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)")
VARIABLE = re.compile(r"\bTWIN_[A-Z_]+\b")
ELSEWHERE = {
    "TWIN_OWNER_PASSWORD",  # docker/twin.env and docker/postgis-init.sh
    "TWIN_LOGIN_PASSWORD",
    "TWIN_SHARED",  # the tests' benchmark data
    "TWIN_EA_DATA",  # official data that some verification cases read
}
CATALOG: Catalog = load()
GROUP = typer.main.get_command(app)


def commands(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command by its words (typer carries a click of its own)."""
    groups = getattr(command, "commands", None)
    if groups is not None:
        return {
            words: found
            for name, inner in groups.items()
            for words, found in commands(inner, (*path, name)).items()
        }
    return {path: command}


COMMANDS = commands(GROUP)


def quoted(text: str) -> list[str]:
    """Lines of shell blocks, and code spans: each ``twin ...`` without what follows a comment, pipe or semicolon."""
    lines = [line for kind, body in FENCE.findall(text) if kind == "sh" for line in body.splitlines()]
    found = []
    for line in [*lines, *SPAN.findall(FENCE.sub("", text))]:
        match = COMMAND.search(re.split(r"\s#|[;&]|\s\|\s", line)[0].rstrip("\\ "))
        if match:
            found.append(match[1])
    return found


def wrong(call: str) -> str | None:
    """Why a quoted call cannot be typed, or None."""
    words = call.split()
    path = tuple(words[:1]) if tuple(words[:1]) in COMMANDS else tuple(words[:2])
    if words == ["..."] or path == ("key",):
        return None
    command = COMMANDS.get(path)
    if command is None:
        return f"no command: twin {call}"
    options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    unknown = [word for word in words if word.startswith("--") and word.split("=")[0] not in options]
    return f"twin {call}: {unknown}" if unknown else None


def test_quoted_commands_and_options_exist(pages: dict[Path, str]) -> None:
    calls = {call: page.name for page, text in pages.items() for call in quoted(text)}
    assert len(calls) > 30
    assert [(page, wrong(call)) for call, page in calls.items() if wrong(call)] == []


def test_quoted_layers_exist(pages: dict[Path, str]) -> None:
    known = {*CATALOG.layers, "charging_station", "plot_ratio", "{layer}", "style", "NAME"}
    pattern = re.compile(
        r"--layer ([\w{}]+)|/ogc/collections/([\w{}]+)|/tiles/([\w{}]+)[/.]|/coverages/([\w{}]+)"
    )
    named = {
        (page.name, name)
        for page, text in pages.items()
        for match in pattern.findall(text)
        for name in match
        if name
    }
    assert named
    assert [(page, name) for page, name in named if name not in known] == []


def test_make_targets_exist(pages: dict[Path, str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    code = {
        (page.name, target)
        for page, text in pages.items()
        for part in [*(body for _, body in FENCE.findall(text)), *SPAN.findall(text)]
        for target in TARGET.findall(part)
    }
    assert [(page, target) for page, target in code if target not in targets] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_setting_and_command_is_documented(language: str) -> None:
    text = (DOCS / language / "operating.md").read_text(encoding="utf-8")
    names = [f"TWIN_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if f"| `{name}` |" not in text] == []
    assert [path for path in COMMANDS if f"`twin {' '.join(path)}`" not in text] == []


def test_no_unknown_setting_is_documented(pages: dict[Path, str]) -> None:
    known = {f"TWIN_{name.upper()}" for name in Settings.model_fields} | ELSEWHERE
    named = {(page.name, name) for page, text in pages.items() for name in VARIABLE.findall(text)}
    assert [(page, name) for page, name in named if name not in known] == []


def test_defaults_of_the_settings_are_as_told() -> None:
    for language in ("zh", "en"):
        text = (DOCS / language / "operating.md").read_text(encoding="utf-8")
        for name, field in Settings.model_fields.items():
            if isinstance(field.default, (int, str)):
                assert f"| `TWIN_{name.upper()}` | `{field.default}` |" in text
