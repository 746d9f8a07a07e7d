"""Byte ranges of a download (RFC 9110 section 14), one range a request."""

from __future__ import annotations

import re

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class UnsatisfiableError(ValueError):
    """The range lies outside the representation: 416."""


def parse(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte asked for, both inside ``size``; None when the whole is to be sent.

    A malformed header, another unit or several ranges are ignored, as the RFC allows; raises
    ``UnsatisfiableError`` for a range beyond the end.
    """
    match = ONE_RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        wanted = int(last)
        if wanted == 0 or size == 0:
            raise UnsatisfiableError
        return max(0, size - wanted), size - 1
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableError
    return start, end


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether ``If-None-Match`` names the representation; its gzip form counts as the same one."""
    if not if_none_match:
        return False
    if if_none_match.strip() == "*":
        return True
    named = {part.strip().removeprefix("W/").strip('"') for part in if_none_match.split(",")}
    return etag in named or f"{etag}-gz" in named
