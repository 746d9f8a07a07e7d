"""Which format a road network is in, and its reading in the child; tables go to the parent as files of the child's folder."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from twin.files import drawn, gmns, osm, sumo_read, tntp_read
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMATS = "OpenStreetMap (.osm.pbf, .osm), SUMO (.net.xml), GMNS (.zip), TNTP (_net.tntp)"
HEAD = 4096
MAX_TEXT = 512 * 1024**2
ZIP = b"PK\x03\x04"


def answer(request: dict[str, Any]) -> Iterator[tuple[bytes, Any]]:
    """Read the request's file and write its tables beside it; the answer says how many rows, in which CRS, what was skipped."""
    path, work = Path(request["path"]), Path(request["work"])
    found = read(path, str(request["name"]), request["network"], work)
    if not found.roads:
        raise refusal("TWIN-232", format=FORMATS, reason="no roads")
    drawn.write(found, work)
    counts = {
        "road_node": len(found.nodes),
        "road_link": len(found.roads),
        "turn_restriction": len(found.turns),
        "travel_demand": len(found.trips),
    }
    yield b"D", {"counts": counts, "crs": found.crs, "skipped": found.skipped}


def read(
    path: Path, name: str, said: Mapping[str, Any] | None = None, work: Path | None = None
) -> drawn.Drawn:
    """The network of a file. ``said``: what a TNTP file leaves open (``tntp_read.read``); ``work``: where its parts may be
    unpacked. Raises TWIN-230 (unknown format), TWIN-232 (damaged), TWIN-236 (too large), and what ``tntp_read.read`` does."""
    head = _head(path)
    files = {"net": path}
    if head.startswith(ZIP) and work is not None and _holds_parts(path):
        files = tntp_read.unpacked(path, work, MAX_TEXT)
    if tntp_read.MARK in _head(files["net"]).upper():
        return tntp_read.read(files, said or {})
    if said:
        raise refusal("TWIN-696", name=said.get("name", name))
    if head.startswith(ZIP):
        return gmns.read(_zipped(path))
    if b"OSMHeader" in head[:64]:
        return _osm(path, "pbf")
    if head.lstrip().startswith(b"<"):
        sumo_read.refuse_entities(path)
        if b"<net" in head:
            return sumo_read.read(path)
        if b"<osm" in head:
            return _osm(path, "osm")
    raise refusal("TWIN-230", name=name, formats=FORMATS)


def _osm(path: Path, form: str) -> drawn.Drawn:
    try:
        return osm.read(path, form)
    except (RuntimeError, ValueError) as error:
        raise refusal("TWIN-232", format="OpenStreetMap", reason=str(error)[:200]) from error


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _holds_parts(path: Path) -> bool:
    try:
        return tntp_read.parts(path)
    except (zipfile.BadZipFile, EOFError, NotImplementedError):
        return False


def _zipped(path: Path) -> dict[str, str]:
    """The tables of a GMNS archive by name; nothing else is taken out of it."""
    texts: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                table = PurePosixPath(member.filename)
                if table.suffix.lower() != ".csv" or table.stem not in gmns.TABLES:
                    continue
                if member.file_size > MAX_TEXT:
                    raise refusal(
                        "TWIN-236",
                        what_zh=table.name,
                        what_en=table.name,
                        size=member.file_size,
                        limit=MAX_TEXT,
                    )
                with archive.open(member) as file:
                    texts[table.stem] = file.read(MAX_TEXT + 1).decode("utf-8-sig")
    except (zipfile.BadZipFile, UnicodeDecodeError, EOFError, NotImplementedError) as error:
        raise refusal("TWIN-231", reason_zh=str(error)[:200], reason_en=str(error)[:200]) from error
    return texts
