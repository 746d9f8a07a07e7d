"""A small HTTP/1.1 client over one kept connection: it must cost little beside the server that it measures."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    seconds: float
    size: int
    etag: str


class Client:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str, **headers: str) -> Answer:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        began = time.perf_counter()
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode())
        data = self._socket.recv(1 << 18)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._socket.recv(1 << 18)
        head = data[:end].decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:])
        size = int(fields.get("content-length", 0)) if " 304" not in head[0] else 0
        left = size - (len(data) - end - 4)
        while left > 0:
            left -= len(self._socket.recv(min(left, 1 << 18)))
        return Answer(int(head[0].split()[1]), time.perf_counter() - began, size, fields.get("etag", ""))

    def close(self) -> None:
        self._socket.close()


def race(port: int, paths: Sequence[str], clients: int, **headers: str) -> tuple[float, list[Answer]]:
    """Wall seconds and the answers when ``clients`` share the paths between them, each on one connection."""

    def one(number: int) -> list[Answer]:
        client = Client(port)
        try:
            return [client.get(path, **headers) for path in paths[number::clients]]
        finally:
            client.close()

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        found = list(pool.map(one, range(clients)))
        return time.perf_counter() - began, [answer for part in found for answer in part]
