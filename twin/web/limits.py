"""Refused before any route sees it: what is too large, odd paths, doubled headers, foreign hosts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote_to_bytes

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

# A second one of these would let two readers of the request disagree about it.
ONCE = frozenset(
    {
        b"host",
        b"authorization",
        b"x-api-key",
        b"content-length",
        b"content-type",
        b"idempotency-key",
        b"range",
    }
)
HOST = re.compile(r"(?:[A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
# The decoded path; U+FFFD stands where the bytes were no UTF-8.
ODD_PATH = re.compile("[\x00-\x1f\x7f\\\\\ufffd]|(?:^|/)\\.\\.?(?:/|$)")


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps in bytes and counts. ``hosts`` are the accepted Host names, without port; empty accepts any."""

    body: int = 1_000_000
    path: int = 2_000
    query: int = 32_000
    parameters: int = 100
    headers: int = 100
    header: int = 8_000
    hosts: Sequence[str] = ()


def check_path(raw_path: bytes, path: str, limits: Limits) -> None:
    """Refuses dot segments, control characters, backslashes, encoded slashes and bytes that are no UTF-8."""
    if len(raw_path) > limits.path:
        raise TwinError(
            "TWIN-305",
            f"地址过长（至多 {limits.path} 字节）",
            f"the path is too long (at most {limits.path} bytes)",
            status=414,
        )
    if ODD_PATH.search(path) or (b"%" in raw_path and b"%2f" in raw_path.lower()):
        raise TwinError(
            "TWIN-305",
            "地址中有不允许的字符（控制字符、反斜杠、点段或编码的斜杠）",
            "the path holds what no address of ours holds: a control character, backslash, dot segment or "
            "encoded slash",
        )


def check_query(query: bytes, limits: Limits) -> None:
    """Refuses oversized, overfull, non-UTF-8 and NUL-bearing query strings."""
    if not query:
        return
    if len(query) > limits.query:
        raise TwinError(
            "TWIN-306",
            f"查询串过长（至多 {limits.query} 字节）",
            f"the query is too long (at most {limits.query} bytes)",
            status=414,
        )
    if query.count(b"&") >= limits.parameters:
        raise TwinError(
            "TWIN-306",
            f"查询参数过多（至多 {limits.parameters} 个）",
            f"too many query parameters (at most {limits.parameters})",
        )
    if b"%" in query or not query.isascii():
        _check_text(unquote_to_bytes(query))


def _check_text(decoded: bytes) -> None:
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        decoded = b"\x00"
    if b"\x00" in decoded:
        raise TwinError(
            "TWIN-306",
            "查询串须为 UTF-8，且不含 NUL 字符",
            "the query must be UTF-8 without NUL characters",
        )


def check_headers(headers: Headers, limits: Limits) -> None:
    """Refuses too many or too long header fields and doubled ones of which a request has one."""
    if len(headers) > limits.headers or any(len(value) > limits.header for _, value in headers):
        raise TwinError(
            "TWIN-307",
            f"请求头过多或过长（至多 {limits.headers} 项，每项 {limits.header} 字节）",
            f"too many or too long header fields (at most {limits.headers} of {limits.header} bytes)",
            status=431,
        )
    for name, count in Counter(name for name, _ in headers if name in ONCE).items():
        if count > 1:
            _refuse_header(name.decode("ascii"))


def _refuse_header(name: str) -> NoReturn:
    raise TwinError("TWIN-307", f"请求头 {name} 只能给一次", f"header {name} may be given once", where=name)


def check_host(headers: Headers, limits: Limits) -> None:
    """Refuses a missing, malformed or foreign Host: links in our answers are built from it."""
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    if not HOST.fullmatch(host):
        raise TwinError(
            "TWIN-308", "Host 头缺失或有误", "the Host header is missing or malformed", where="host"
        )
    if limits.hosts:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.lower() not in limits.hosts:
            raise TwinError(
                "TWIN-308",
                "本服务不以该主机名提供；如属本服务，请加入 TWIN_ALLOWED_HOSTS",
                "this service does not answer under that host name; if it should, set TWIN_ALLOWED_HOSTS",
                status=421,
                where="host",
            )


def too_large(limit: int) -> TwinError:
    return TwinError(
        "TWIN-309",
        f"请求体过大（至多 {limit} 字节）",
        f"the body is too large (at most {limit} bytes)",
        status=413,
    )


def declared_length(headers: Headers) -> int | None:
    """Content-Length as an integer; raises TWIN-307 when it is none."""
    value = next((value for name, value in headers if name == b"content-length"), None)
    if value is None:
        return None
    if not value.isdigit() or len(value) > 18:
        raise TwinError(
            "TWIN-307",
            "Content-Length 须为非负整数",
            "Content-Length must be a whole number",
            where="content-length",
        )
    return int(value)


class LimitsMiddleware:
    """Holds every request to the limits; a body is counted as it arrives, whatever length it declares."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            check_headers(scope["headers"], self.limits)
            check_host(scope["headers"], self.limits)
            check_path(scope.get("raw_path") or b"", scope["path"], self.limits)
            check_query(scope["query_string"], self.limits)
            if scope["method"] not in ("GET", "HEAD"):
                receive = self._counted(scope, receive)
        await self.app(scope, receive, send)

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        limit = self.limits.body
        if (declared_length(scope["headers"]) or 0) > limit:
            raise too_large(limit)
        total = 0

        async def counting() -> Message:
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > limit:
                raise too_large(limit)
            return message

        return counting
