"""Reads Mapbox Vector Tiles 2.1 for the tests, from the specification."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Feature:
    id: int | None
    kind: int
    properties: dict[str, Any]
    points: list[tuple[int, int]] = field(default_factory=list)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
        elif wire == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        yield number, value


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _packed(data: bytes) -> list[int]:
    at, found = 0, []
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _value(data: bytes) -> Any:
    for number, value in _fields(data):
        match number:
            case 1:
                return value.decode()
            case 2:
                return struct.unpack("<f", value)[0]
            case 3:
                return struct.unpack("<d", value)[0]
            case 6:
                return _zigzag(value)
            case 7:
                return bool(value)
            case _:
                return value
    return None


def _points(commands: list[int]) -> list[tuple[int, int]]:
    at = x = y = 0
    found = []
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        for _ in range(count if command in (1, 2) else 0):
            x, y = x + _zigzag(commands[at]), y + _zigzag(commands[at + 1])
            at += 2
            found.append((x, y))
    return found


def read(tile: bytes) -> dict[str, list[Feature]]:
    """Features by layer."""
    layers: dict[str, list[Feature]] = {}
    for number, layer in _fields(tile):
        assert number == 3
        parts = list(_fields(layer))
        keys = [value.decode() for number, value in parts if number == 3]
        values = [_value(value) for number, value in parts if number == 4]
        name = next(value.decode() for number, value in parts if number == 1)
        layers[name] = [_feature(value, keys, values) for number, value in parts if number == 2]
    return layers


def _feature(data: bytes, keys: list[str], values: list[Any]) -> Feature:
    parts = dict(_fields(data))
    tags = _packed(parts.get(2, b""))
    properties = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
    return Feature(parts.get(1), parts[3], properties, _points(_packed(parts[4])))
