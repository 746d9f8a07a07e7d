"""JSON answers: one encoder for dates, UUIDs and numbers that JSON does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

# What an answer depends on: a cache in between must keep these apart.
VARY = "authorization, x-api-key, accept-language"


def json_response(
    value: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media: str = "application/json",
) -> Response:
    """``value`` as JSON; NaN becomes null, UUIDs and dates their text forms. Not kept by shared caches."""
    fixed = {"cache-control": "no-cache", "vary": VARY}
    return Response(
        orjson.dumps(value, option=orjson.OPT_UTC_Z),
        status_code=status,
        media_type=media,
        headers={**fixed, **(headers or {})},
    )
