"""What is refused before any route sees the request."""

from __future__ import annotations

import pytest

from twin.errors import TwinError
from twin.web import limits
from twin.web.limits import Limits

L = Limits(hosts=("localhost", "127.0.0.1", "[::1]"))


def refused(check: object, *arguments: object) -> TwinError:
    with pytest.raises(TwinError) as caught:
        check(*arguments)  # type: ignore[operator]
    return caught.value


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/layers/%00", "/layers/\x00"),
        (b"/a%5cb", "/a\\b"),
        (b"/../etc/passwd", "/../etc/passwd"),
        (b"/console/..%2f..%2fetc", "/console/../../etc"),
        (b"/a%2Fb", "/a/b"),
        (b"/./a", "/./a"),
        (b"/%ff", "/\ufffd"),
        (b"/a%0a", "/a\n"),
        (b"/a%7f", "/a\x7f"),
    ],
)
def test_odd_paths(raw: bytes, path: str) -> None:
    assert refused(limits.check_path, raw, path, L).status == 400


@pytest.mark.parametrize(
    "path", ["/layers", "/tiles/building/1/2/3.mvt", "/a..b", "/%E6%B4%AA", "/x.json", "/..."]
)
def test_plain_paths(path: str) -> None:
    limits.check_path(path.encode(), path, L)


def test_long_path_and_query() -> None:
    assert refused(limits.check_path, b"/" * 2001, "/", L).status == 414
    assert refused(limits.check_query, b"a" * 32_001, L).status == 414


@pytest.mark.parametrize("query", [b"a=%00", b"a=%ff", b"a=\xff", b"&".join([b"a=1"] * 101), b"a=%c3%28"])
def test_odd_queries(query: bytes) -> None:
    assert refused(limits.check_query, query, L).status == 400


@pytest.mark.parametrize("query", [b"", b"a=1&b=2", b"a=%E6%B4%AA", "a=洪".encode(), b"a=%", b"a=%zz"])
def test_plain_queries(query: bytes) -> None:
    limits.check_query(query, L)


def test_headers() -> None:
    assert refused(limits.check_headers, [(b"a", b"x" * 8001)], L).status == 431
    assert refused(limits.check_headers, [(b"a", b"x")] * 101, L).status == 431
    error = refused(limits.check_headers, [(b"host", b"a"), (b"host", b"b")], L)
    assert (error.status, error.where) == (400, "host")
    limits.check_headers([(b"accept", b"a"), (b"accept", b"b"), (b"host", b"a")], L)


@pytest.mark.parametrize("host", [b"localhost", b"LOCALHOST:8000", b"127.0.0.1:1", b"[::1]", b"[::1]:8000"])
def test_own_hosts(host: bytes) -> None:
    limits.check_host([(b"host", host)], L)


@pytest.mark.parametrize(
    ("host", "status"),
    [(b"evil.example", 421), (b"", 400), (b"a b", 400), (b"a/b", 400), (b"u@h", 400), (b"h:99999999", 400)],
)
def test_foreign_hosts(host: bytes, status: int) -> None:
    assert refused(limits.check_host, [(b"host", host)], L).status == status


def test_any_host_without_a_list() -> None:
    limits.check_host([(b"host", b"twin.city.example:443")], Limits())
    assert refused(limits.check_host, [], Limits()).status == 400


@pytest.mark.parametrize("value", [b"-1", b"1.5", b"abc", b"", b"9" * 30, b"1, 1"])
def test_content_length(value: bytes) -> None:
    assert refused(limits.declared_length, [(b"content-length", value)]).where == "content-length"
