"""Text of a file: decoded by the encoding that was declared, checked, never guessed."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from twin.files.refusals import refusal
from twin.text import Text

if TYPE_CHECKING:
    from pathlib import Path

# GB 18030 contains GBK, GBK contains GB 2312: the widest reads them all
_NAMES = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "936": "gb18030", "ansi 936": "gb18030"}
_NAMES |= {"65001": "utf-8", "utf8": "utf-8", "ansi 1252": "cp1252", "950": "big5", "88591": "latin-1"}
# dBASE language driver ids that name a Chinese code page (byte 29 of the header)
_LDID = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}


def codec(encoding: str) -> str:
    """Python's name of an encoding as people and .cpg files write it. Raises TWIN-244."""
    name = encoding.strip().lower().replace("_", "-")
    name = _NAMES.get(name.removeprefix("cp-"), name)
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise refusal("TWIN-244", encoding=encoding[:40], where="encoding") from error


def is_utf8(encoding: str) -> bool:
    return codec(encoding) == "utf-8"


def refuse_bad_utf8(column: pa.Array, row: int, name: str) -> None:
    """TWIN-233 for the first value of a string array that is not UTF-8; ``row`` records came before it."""
    if not _has_high_bytes(column):
        return
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        for index, value in enumerate(column.cast(pa.binary())):
            try:
                (value.as_py() or b"").decode()
            except UnicodeDecodeError as error:
                raise _undecodable(row + index + 1, name, "UTF-8") from error


def _undecodable(row: int, name: str, encoding: str) -> Exception:
    return refusal("TWIN-233", row=row, column=name, encoding=encoding, where="encoding")


def _has_high_bytes(column: pa.Array) -> bool:
    data = column.buffers()[2]
    return data is not None and bool((np.frombuffer(data, np.uint8) & 0x80).any())


def recoded(path: Path, encoding: str) -> Path:
    """A UTF-8 copy beside the file, for formats that know no other encoding."""
    target = path.with_name(f"utf8{path.suffix}")
    row = 1
    with path.open("rb") as raw, target.open("w", encoding="utf-8", newline="") as out:
        decoder = codecs.getincrementaldecoder(codec(encoding))("strict")
        try:
            while chunk := raw.read(1 << 20):
                text = decoder.decode(chunk)
                row += text.count("\n")
                out.write(text)
            out.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError as error:
            raise _undecodable(row, path.suffix, encoding) from error
    return target


@dataclass(slots=True)
class Decoder:
    """Shapefile text: GDAL reads it as Latin-1 (which keeps every byte), this gives it its real letters.

    ``shortened`` counts values whose last character was cut in half by the field's width: the half is dropped.
    """

    codec: str
    said: str
    shortened: int = 0

    @classmethod
    def of_shapefile(cls, path: Path, encoding: str | None) -> Decoder:
        """``encoding`` as declared, else the .cpg file, else the language driver of the .dbf, else UTF-8 (strict)."""
        if encoding:
            return cls(codec(encoding), encoding)
        label = path.with_suffix(".cpg")
        if label.exists():
            said = label.read_text("latin-1")[:40].strip()
            return cls(codec(said), said)
        table = path.with_suffix(".dbf")
        if table.exists():
            with table.open("rb") as file:
                head = file.read(32)
            if len(head) == 32 and head[29] in _LDID:
                return cls(_LDID[head[29]], _LDID[head[29]])
        return cls("utf-8", "UTF-8")

    def name(self, latin: str) -> str:
        """A field's name; the half character at its end, if any, is dropped."""
        try:
            return self._decode(latin.encode("latin-1"))
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            raise refusal(
                "TWIN-233", row=0, column=latin[:20], encoding=self.said, where="encoding"
            ) from error

    def column(self, column: pa.Array, row: int, name: str) -> pa.Array:
        if not _has_high_bytes(column):
            return column
        found = column.dictionary_encode()
        words: list[str | None] = []
        for latin in found.dictionary.to_pylist():
            try:
                words.append(self._decode(latin.encode("latin-1")))
            except UnicodeDecodeError as error:
                index = column.to_pylist().index(latin)
                raise _undecodable(row + index + 1, name, self.said) from error
        return pa.DictionaryArray.from_arrays(found.indices, pa.array(words, pa.string())).dictionary_decode()

    def _decode(self, raw: bytes) -> str:
        try:
            return raw.decode(self.codec)
        except UnicodeDecodeError as error:
            if error.end < len(raw) or len(raw) - error.start > 3 or not error.start:
                raise
            self.shortened += 1
            return raw[: error.start].decode(self.codec)

    def note(self) -> Text:
        return Text(
            zh=f"{self.shortened} 个文字值在文件中被字段宽度截断，末尾半个字符已去掉",
            en=f"{self.shortened} texts were cut by the width of their field; the half character at the end is dropped",
        )
