"""Every error of the web as one problem document (RFC 9457), in the language of the request.

This is one of the two places that catch ``Exception``: what nobody foresaw is logged with an incident number
and told without details.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
import psycopg
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from twin.errors import Problem, Refused, TwinError
from twin.store.errors import translate
from twin.text import Language, Text
from twin.web import pydantic_texts

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
MOST_FINDINGS = 100
log = logging.getLogger("twin.web")
Told = tuple[dict[str, Any], dict[str, str]]
DATABASE_ERRORS = (psycopg.Error, PoolTimeout, PoolClosed, TooManyRequests)

TITLES: dict[int, Text] = {
    400: Text("请求有误", "Bad request"),
    401: Text("身份无法确认", "Identity not established"),
    403: Text("没有权限", "Not permitted"),
    404: Text("没有找到", "Not found"),
    405: Text("不支持此方法", "Method not allowed"),
    406: Text("没有所要的格式", "Not acceptable"),
    409: Text("与现状冲突", "Conflict"),
    413: Text("请求体过大", "Content too large"),
    414: Text("地址过长", "URI too long"),
    415: Text("不支持此内容类型", "Unsupported media type"),
    416: Text("范围无法满足", "Range not satisfiable"),
    421: Text("主机名不受理", "Misdirected request"),
    422: Text("内容无法处理", "Unprocessable content"),
    429: Text("请求过多", "Too many requests"),
    431: Text("请求头过大", "Header fields too large"),
    500: Text("服务内部错误", "Internal error"),
    501: Text("尚未提供", "Not implemented"),
    503: Text("服务暂不可用", "Service unavailable"),
}

NO_ROUTE = (
    "TWIN-320",
    Text("没有这个地址；见 /openapi.json", "there is nothing at this address; see /openapi.json"),
)
NO_METHOD = ("TWIN-321", Text("此地址不支持该方法", "this address does not take that method"))
UNKNOWN_CALLER = ("TWIN-402", Text("请出示 API 密钥", "present an API key"))
UNFORESEEN = (
    "TWIN-600",
    Text("服务内部错误，已记录，编号 {incident}", "internal error, recorded under {incident}"),
)


def document(
    status: int, code: str, text: Text, language: Language, *, where: str | None = None, **more: Any
) -> dict[str, Any]:
    """The members of a problem document; ``more`` are extension members, left out when ``None``."""
    title = TITLES.get(status, TITLES[500 if status >= 500 else 400])
    body: dict[str, Any] = {
        "type": f"urn:twin:problem:{code}",
        "title": title[language],
        "status": status,
        "detail": text[language],
        "code": code,
    }
    extra = {"parameter": where, **more}
    return body | {key: value for key, value in extra.items() if value is not None}


def respond(body: dict[str, Any], language: Language, headers: dict[str, str] | None = None) -> Response:
    """A problem document as a response; nothing caches it."""
    return Response(
        orjson.dumps(body),
        status_code=body["status"],
        media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", "content-language": language, **(headers or {})},
    )


def response(error: BaseException, scope: Scope) -> Response:
    """The one mapper: any exception and the ASGI scope it arose in -> a problem response."""
    state = scope.get("state") or {}
    language: Language = state.get("language", "zh")
    body, headers = _told(error, language, anonymous=_is_anonymous(state))
    body.setdefault("instance", scope.get("path", "/"))
    return respond(body, language, headers)


def _is_anonymous(state: dict[str, Any]) -> bool:
    return getattr(state.get("actor"), "role", "anonymous") == "anonymous"


def _told(
    error: BaseException, language: Language, *, anonymous: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, TwinError):
        return _own(error, language)
    if isinstance(error, (RequestValidationError, ValidationError)):
        return _own(from_validation(error), language)
    if isinstance(error, HTTPException):
        return _http(error, language)
    if isinstance(error, DATABASE_ERRORS):
        return _database(error, language, anonymous=anonymous)
    return _unforeseen(error, language)


def _unforeseen(error: BaseException, language: Language) -> Told:
    incident = str(uuid4())
    log.error("unforeseen error %s", incident, exc_info=error)
    body = document(500, UNFORESEEN[0], UNFORESEEN[1].format(incident=incident), language)
    return body | {"instance": f"urn:uuid:{incident}"}, {}


def _own(error: TwinError, language: Language) -> Told:
    if error.status == 500 and isinstance(error.__cause__, DATABASE_ERRORS):
        return _unforeseen(error, language)
    if error.status >= 500:
        log.warning("%s", error, exc_info=error.__cause__)
    findings = None
    if isinstance(error, Refused):
        findings = [_finding(problem, language) for problem in error.problems[:MOST_FINDINGS]]
    body = document(error.status, error.code, error.text, language, where=error.where, problems=findings)
    return body, retry_headers(error.status)


def _finding(problem: Problem, language: Language) -> dict[str, Any]:
    members = {
        "code": problem.code,
        "detail": problem.text[language],
        "key": problem.key,
        "row": problem.row,
        "column": problem.column,
    }
    return {key: value for key, value in members.items() if value is not None}


def retry_headers(status: int) -> dict[str, str]:
    """What a status obliges us to send beside it (RFC 9110 sections 10.2.3 and 11.6.1)."""
    if status == 401:
        return {"www-authenticate": 'Bearer realm="twin"'}
    return {"retry-after": "2"} if status in (429, 503) else {}


def from_validation(error: RequestValidationError | ValidationError) -> TwinError:
    """Pydantic's findings as one refusal that names the first item and lists them all."""
    problems = [pydantic_texts.problem(entry) for entry in error.errors()]
    zh = "".join(problem.text.zh for problem in problems[:3])
    en = " ".join(problem.text.en for problem in problems[:3])
    refusal = Refused("TWIN-303", zh, en, problems)
    refusal.where = problems[0].key if problems else None
    return refusal


def _http(error: HTTPException, language: Language) -> Told:
    known = {404: NO_ROUTE, 405: NO_METHOD}.get(error.status_code)
    title = TITLES.get(error.status_code, TITLES[400])
    code, text = known or ("TWIN-300", title)
    headers = {key.lower(): value for key, value in (error.headers or {}).items()}
    return document(error.status_code, code, text, language), headers | retry_headers(error.status_code)


def _database(error: Exception, language: Language, *, anonymous: bool) -> Told:
    """An error of PostgreSQL that nobody below has told; without identity a refusal asks for one (RFC 9110)."""
    told = translate(error)
    if told.status == 500:
        return _unforeseen(error, language)
    if told.status == 403 and anonymous:
        told = TwinError(UNKNOWN_CALLER[0], UNKNOWN_CALLER[1].zh, UNKNOWN_CALLER[1].en, status=401)
    return _own(told, language)


class ProblemMiddleware:
    """Outermost: whatever escapes becomes a problem document, as long as no byte has been sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if started:
                log.error("failed after the answer had begun", exc_info=error)
                raise
            await response(error, scope)(scope, receive, send)
