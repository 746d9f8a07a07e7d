"""The cursor of a paged list: opaque, signed, and bound to the query it belongs to."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from twin.ogc.problems import bad_cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURE = 16
MAX_LENGTH = 2000


def digest(*parts: object) -> str:
    """A short hash of what a page of results depends on."""
    return sha256(orjson.dumps(parts, default=str)).hexdigest()[:24]


def write(secret: bytes, query: str, after: Sequence[object]) -> str:
    """The cursor that continues behind the row whose sort key is ``after``."""
    body = orjson.dumps([query, [_out(value) for value in after]])
    return base64.urlsafe_b64encode(_sign(secret, body) + body).rstrip(b"=").decode()


def read(secret: bytes, query: str, text: str) -> tuple[Any, ...]:
    """The sort key in a cursor. Raises TwinError TWIN-343 when it is forged, damaged or of another query."""
    if not text or len(text) > MAX_LENGTH:
        raise bad_cursor()
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise bad_cursor() from error
    signature, body = raw[:SIGNATURE], raw[SIGNATURE:]
    if not hmac.compare_digest(signature, _sign(secret, body)):
        raise bad_cursor()
    belongs, values = orjson.loads(body)
    if belongs != query:
        raise bad_cursor()
    return tuple(_in(value) for value in values)


def _sign(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, body, "sha256")[:SIGNATURE]


def _out(value: object) -> object:
    match value:
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
    return value


def _in(value: object) -> object:
    match value:
        case {"moment": str(text)}:
            return datetime.fromisoformat(text)
        case {"day": str(text)}:
            return date.fromisoformat(text)
    return value
