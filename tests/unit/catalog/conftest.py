"""A small catalogue in a folder, to be spoilt in one place by each test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from twin.catalog.load import shipped_layers

if TYPE_CHECKING:
    from twin.errors import Problem

# Two cores, shared: a first call that loads Arrow may take seconds, which says nothing about the code.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

COLOURS = """
title = { zh = "颜色表", en = "Colours" }
[terms]
"01" = { zh = "红", en = "Red", colour = "#ff0000" }
"0101" = { zh = "浅红", en = "Light red", parent = "01" }
"02" = { zh = "绿", en = "Green", colour = "#00ff00" }
"""

PLACE = """
kind = "features"
title = { zh = "地点", en = "Place" }
description = { zh = "一个地点。", en = "A place." }
steward = { zh = "某局", en = "Some office" }
access = "open"
geometry = "Polygon"
[tiles]
min_zoom = 8
max_zoom = 14
columns = ["code", "colour", "size"]
[style]
colour_by = "colour"
[columns.code]
type = "text"
title = { zh = "编号", en = "Code" }
pattern = "^[0-9]{4}$"
unique = true
required = true
[columns.colour]
type = "text"
title = { zh = "颜色", en = "Colour" }
vocabulary = "colours"
[columns.size]
type = "number"
title = { zh = "大小", en = "Size" }
unit = "m"
minimum = 0
maximum = 100
[columns.part_of]
type = "text"
title = { zh = "属于", en = "Part of" }
references = "place.code"
[columns.secret]
type = "text"
title = { zh = "内部", en = "Internal" }
access = "protected"
"""

DEPTH = """
kind = "coverage"
title = { zh = "深度", en = "Depth" }
description = { zh = "深度格网。", en = "A grid of depths." }
steward = { zh = "某局", en = "Some office" }
access = "shared"
process = "soak"
[raster]
unit = "m"
nodata = -9999
quantity = { zh = "深度", en = "Depth" }
[[style.stops]]
value = 0.1
colour = "#0000ff"
[[style.stops]]
value = 1
colour = "#00007f"
"""


class Folder:
    """A layer folder on disk, whose files a test edits."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> Folder:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return self

    def edit(self, path: str, old: str, new: str) -> Folder:
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        return self.write(path, text.replace(old, new))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A sound catalogue of two layers and one list."""
    made = Folder(tmp_path / "layers")
    made.write("access.toml", (shipped_layers() / "access.toml").read_text(encoding="utf-8"))
    made.write("vocabularies/colours.toml", COLOURS)
    made.write("base/place.toml", PLACE)
    made.write("results/depth.toml", DEPTH)
    return made


def told(problems: tuple[Problem, ...]) -> str:
    """All problems as a person reads them, for the message of a failing test."""
    return "\n".join(problem.line("en") for problem in problems)
