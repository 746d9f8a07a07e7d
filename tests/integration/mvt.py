"""A reader of vector tiles (Mapbox Vector Tile 2.1), written from the specification alone, to hold ours against."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPES = {1: "Point", 2: "LineString", 3: "Polygon"}


@dataclass
class Feature:
    """``parts``: paths of tile coordinates, (0, 0) in the north-west corner."""

    id: int | None
    shape: str
    properties: dict[str, Any]
    parts: list[list[tuple[int, int]]]

    @property
    def points(self) -> list[tuple[int, int]]:
        return [point for part in self.parts for point in part]


@dataclass
class TileLayer:
    name: str
    extent: int
    features: list[Feature]


def decode(tile: bytes) -> dict[str, TileLayer]:
    """The layers of a tile by name."""
    layers = [_layer(body) for number, body in _fields(tile) if number == 3]
    return {layer.name: layer for layer in layers}


def features(tile: bytes) -> dict[str, list[Feature]]:
    """The features of a tile by layer."""
    return {name: layer.features for name, layer in decode(tile).items()}


def _layer(body: bytes) -> TileLayer:
    name, extent, keys, values, raw = "", 4096, [], [], []
    for number, value in _fields(body):
        if number == 1:
            name = value.decode()
        elif number == 2:
            raw.append(value)
        elif number == 3:
            keys.append(value.decode())
        elif number == 4:
            values.append(_value(value))
        elif number == 5:
            extent = value
    return TileLayer(name, extent, [_feature(one, keys, values) for one in raw])


def _feature(body: bytes, keys: list[str], values: list[Any]) -> Feature:
    found = Feature(None, "", {}, [])
    for number, value in _fields(body):
        if number == 1:
            found.id = value
        elif number == 2:
            tags = list(_varints(value))
            found.properties = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
        elif number == 3:
            found.shape = SHAPES[value]
        elif number == 4:
            found.parts = _parts(list(_varints(value)))
    return found


def _parts(commands: list[int]) -> list[list[tuple[int, int]]]:
    parts: list[list[tuple[int, int]]] = []
    x = y = at = 0
    while at < len(commands):
        kind, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if kind == 7:
            parts[-1].append(parts[-1][0])
            continue
        for _ in range(count):
            x, y, at = x + _zigzag(commands[at]), y + _zigzag(commands[at + 1]), at + 2
            if kind == 1:
                parts.append([])
            parts[-1].append((x, y))
    return parts


def _value(body: bytes) -> Any:
    for number, value in _fields(body):
        if number == 1:
            return value.decode()
        if number in (2, 3):
            return struct.unpack("<f" if number == 2 else "<d", value)[0]
        if number == 6:
            return _zigzag(value)
        return bool(value) if number == 7 else value
    return None


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(body):
        key, at = _varint(body, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(body, at)
            yield number, value
            continue
        size, at = _varint(body, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        yield number, body[at : at + size]
        at += size


def _varints(body: bytes) -> Iterator[int]:
    at = 0
    while at < len(body):
        value, at = _varint(body, at)
        yield value


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
