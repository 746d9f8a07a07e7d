"""A zip from outside: one data set is taken out of it, under names of our own and within limits."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from twin.files.formats import SHAPEFILE_PARTS, SUFFIXES
from twin.files.refusals import refusal

MAX_MEMBERS = 1000
MAX_MEMBER_BYTES = 4 * 1024**3
MAX_TOTAL_BYTES = 6 * 1024**3
MAX_RATIO = 100
SMALL_BYTES = 16 * 1024**2  # a grid of one value packs 1000 to 1 and does no harm at this size
CHUNK = 1024 * 1024


def is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def unpack(path: Path, folder: Path) -> tuple[Path, str]:
    """Take the one data set out of the zip into ``folder``: where it lies, and its name inside the zip.

    Refused as TWIN-231: links, absolute names and ``..``, archives inside, encryption, more than 1,000
    members, a member above 4 GiB (6 GiB in all), more than 100 x compression on members above 16 MiB,
    no data set or more than one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            _check(members)
            main = _main(members)
            wanted = _parts(main, members)
            return _extract(archive, wanted, main, folder), PurePosixPath(main.filename).name
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise _refused(
            "zip 已损坏或使用了不支持的压缩方式", "it is damaged or packed in an unknown way"
        ) from error


def _refused(zh: str, en: str) -> Exception:
    return refusal("TWIN-231", reason_zh=zh, reason_en=en)


def _check(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise _refused(f"成员超过 {MAX_MEMBERS} 个", f"it holds more than {MAX_MEMBERS} members")
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name or "\0" in name:
            raise _refused(f"成员路径不安全：{name[:80]!r}", f"unsafe member name {name[:80]!r}")
        mode = member.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _refused(
                f"成员是链接或特殊文件：{name[:80]!r}", f"member {name[:80]!r} is a link or special file"
            )
        if member.flag_bits & 1:
            raise _refused("zip 已加密", "it is encrypted")
        if member.file_size > MAX_MEMBER_BYTES or _ratio(member) > MAX_RATIO:
            raise _refused(
                f"成员过大或压缩比超过 {MAX_RATIO}：{name[:80]!r}",
                f"member {name[:80]!r} is too large or packed more than {MAX_RATIO} to 1",
            )
    if sum(member.file_size for member in members) > MAX_TOTAL_BYTES:
        raise _refused("解压后总量过大", "it is too large when unpacked")


def _ratio(member: zipfile.ZipInfo) -> float:
    return member.file_size / max(1, member.compress_size) if member.file_size > SMALL_BYTES else 0.0


def _main(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    visible = [
        m
        for m in members
        if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(m.filename).parts)
    ]
    if any(_suffix(m) == ".zip" for m in visible):
        raise _refused("zip 中还有 zip", "it holds another archive")
    data = [m for m in visible if _suffix(m) in SUFFIXES]
    sure = [m for m in data if _suffix(m) not in (".txt", ".json", ".csv")] or data
    if len(sure) != 1:
        names = "、".join(m.filename[:60] for m in sure[:8])
        raise _refused(
            f"应只含一个数据集，实际 {len(sure)} 个 {names}",
            f"it must hold one data set and holds {len(sure)} {names}",
        )
    return sure[0]


def _suffix(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _parts(main: zipfile.ZipInfo, members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    wanted = SHAPEFILE_PARTS if _suffix(main) == ".shp" else (_suffix(main), ".prj")
    stem = str(PurePosixPath(main.filename).with_suffix("")).lower()
    return [
        m
        for m in members
        if m is main
        or (str(PurePosixPath(m.filename).with_suffix("")).lower() == stem and _suffix(m) in wanted)
    ]


def _extract(
    archive: zipfile.ZipFile, wanted: list[zipfile.ZipInfo], main: zipfile.ZipInfo, folder: Path
) -> Path:
    for member in wanted:
        left = member.file_size  # the header's word is a cap: a member that unpacks to more is a bomb
        with archive.open(member) as source, (folder / f"data{_suffix(member)}").open("wb") as target:
            while chunk := source.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _refused("成员比声明的更大", "a member is larger than it declares")
                target.write(chunk)
    return folder / f"data{_suffix(main)}"
