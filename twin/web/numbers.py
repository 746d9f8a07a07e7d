"""Tile addresses and run ids as they stand in a path or query, read strictly."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

from twin.errors import TwinError

LAST_ZOOM = 24
# The sign of an offset written as a bare "+" arrives as a space.
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+ -]\d\d:\d\d)", re.ASCII)


def whole(text: str, name: str) -> int:
    """A whole number of at most 9 ASCII digits; raises TWIN-303 naming the parameter."""
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    raise TwinError(
        "TWIN-303", f"{name} 须为非负整数", f"{name} must be a whole number from 0 on", where=name
    )


def tile_address(z: str, x: str, y: str) -> tuple[int, int, int]:
    """Zoom, column and row of the WebMercatorQuad matrix set; raises TWIN-303 for what lies outside it."""
    zoom = whole(z, "z")
    if zoom > LAST_ZOOM:
        raise TwinError("TWIN-303", f"z 至多 {LAST_ZOOM}", f"z is at most {LAST_ZOOM}", where="z")
    last = (1 << zoom) - 1
    column, row = whole(x, "x"), whole(y, "y")
    for name, value in (("x", column), ("y", row)):
        if value > last:
            raise TwinError(
                "TWIN-303",
                f"第 {zoom} 级的 {name} 为 0 至 {last}",
                f"at zoom {zoom} {name} runs from 0 to {last}",
                where=name,
            )
    return zoom, column, row


def run_id(text: str | None) -> UUID | None:
    """A run's id, ``None`` when none is given; raises TWIN-303 when it is no UUID."""
    if text is None:
        return None
    try:
        if len(text) != 36:
            raise ValueError(text)
        return UUID(text)
    except ValueError:
        raise TwinError("TWIN-303", "run 须为 UUID", "run must be a UUID", where="run") from None


def moment(text: str | None) -> datetime | None:
    """An instant of RFC 3339 with its offset, ``None`` when none is given; raises TWIN-303 for anything else."""
    if text is None:
        return None
    try:
        if not INSTANT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text.replace(" ", "+").upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TwinError(
            "TWIN-303",
            "datetime 须为带时区的时刻，例如 2026-07-05T06:30:00Z",
            "datetime must be an instant with its offset, e.g. 2026-07-05T06:30:00Z",
            where="datetime",
        ) from None
