"""How the reader child talks: frames of one kind byte, a length and a payload, on its standard output.

``H`` a JSON header, ``S`` an Arrow schema, ``B`` an Arrow record batch, ``D`` JSON at the end, ``E`` a JSON error.
The length is checked before anything is allocated, so that a child gone wrong cannot make its parent grow.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from twin.errors import TwinError
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = struct.Struct(">cI")
MAX_FRAME = 96 * 1024 * 1024  # bytes; a batch is cut well below
AIM_BATCH = 4 * 1024 * 1024  # bytes of Arrow buffers that the child puts into one frame


def send(out: BinaryIO, kind: bytes, payload: bytes | memoryview) -> None:
    out.write(HEAD.pack(kind, len(payload)))
    out.write(payload)
    out.flush()


def send_json(out: BinaryIO, kind: bytes, value: dict[str, Any]) -> None:
    send(out, kind, json.dumps(value, ensure_ascii=False).encode())


def send_batch(out: BinaryIO, batch: pa.RecordBatch) -> None:
    """The batch in as many frames as keep each near the aim; one record above the limit is an error."""
    if batch.nbytes > AIM_BATCH and batch.num_rows > 1:
        half = batch.num_rows // 2
        send_batch(out, batch.slice(0, half))
        send_batch(out, batch.slice(half))
        return
    send(out, b"B", memoryview(batch.serialize()))


def error_as_json(error: TwinError) -> dict[str, Any]:
    return {
        "code": error.code,
        "zh": error.text.zh,
        "en": error.text.en,
        "status": error.status,
        "where": error.where,
    }


def error_from_json(value: dict[str, Any]) -> TwinError:
    text = Text(zh=str(value["zh"]), en=str(value["en"]))
    return TwinError(str(value["code"]), text.zh, text.en, status=400, where=value.get("where"))


def receive(read: Callable[[int], bytes]) -> tuple[bytes, bytes] | None:
    """The next frame, or None at the end. ``read(n)`` gives exactly n bytes, or fewer at the end of the stream.

    Raises ValueError for a frame that is cut short, too long or of an unknown kind.
    """
    head = read(HEAD.size)
    if not head:
        return None
    if len(head) < HEAD.size:
        raise ValueError("frame cut short")
    kind, length = HEAD.unpack(head)
    if kind not in b"HSBDE" or length > MAX_FRAME:
        raise ValueError("frame of an unknown kind or size")
    payload = read(length)
    if len(payload) < length:
        raise ValueError("frame cut short")
    return kind, payload
