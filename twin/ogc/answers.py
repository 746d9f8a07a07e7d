"""Bytes out: documents as JSON or HTML, with the headers that every answer of the door carries."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from twin.ogc.links import HTML, JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.ogc.door import Visit

# Dates as RFC 3339 with Z; numpy and others never come here.
OPTIONS = orjson.OPT_UTC_Z


def answer(
    visit: Visit,
    body: bytes,
    media: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    tagged: bool = False,
    tag: str | None = None,
) -> Response:
    """A response; what is private to an actor is never cached by others. ``tagged`` adds a strong ETag, made of the
    body where ``tag`` gives none, and 304."""
    said = {
        "content-language": visit.language,
        "vary": "accept, accept-language, authorization, x-api-key",
        "cache-control": "no-cache" if visit.actor.role == "anonymous" else "private, no-cache",
        **(headers or {}),
    }
    if tagged or tag:
        quoted = f'"{tag or sha256(media.encode() + body).hexdigest()[:32]}"'
        said["etag"] = quoted
        if quoted in _tags(visit.request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=said)
    kind = media if "charset" in media or not media.startswith("text/") else f"{media}; charset=utf-8"
    return Response(body, status_code=status, headers={**said, "content-type": kind})


def _tags(header: str) -> list[str]:
    return [part.strip().removeprefix("W/") for part in header[:2000].split(",")]


def document(
    visit: Visit,
    data: Any,
    media: str = JSON,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    tagged: bool = False,
) -> Response:
    """A JSON document."""
    body = orjson.dumps(data, option=OPTIONS)
    return answer(visit, body, media, status=status, headers=headers, tagged=tagged)


async def page(visit: Visit, template: str, data: dict[str, Any]) -> Response:
    """A JSON document shown as HTML through a template."""
    body = await visit.door.host.html(template, data, visit.view, visit.base, visit.language)
    return answer(
        visit, body, HTML, headers={"content-security-policy": "default-src 'self' 'unsafe-inline'"}
    )
