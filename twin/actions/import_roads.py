"""Bring a road network of another format into the road layers: read in a child process, then imported like any file."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.actions.import_layer import import_file
from twin.files.gmns import TABLES
from twin.files.refusals import refusal
from twin.files.sandbox import read_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.access.actor import Actor
    from twin.actions.import_layer import ImportReport
    from twin.store.database import Store

LAYERS = ("road_node", "road_link", "turn_restriction")


@dataclass(frozen=True, slots=True)
class RoadsReport:
    """How the import of each layer ended, and how many things of the file were left out, by reason."""

    layers: Mapping[str, ImportReport]
    skipped: Mapping[str, int]


def import_roads(
    store: Store, actor: Actor, path: str | Path, *, crs: str | None = None, source: str | None = None
) -> RoadsReport:
    """Import ``path`` (OpenStreetMap PBF or XML, SUMO net.xml, GMNS as a zip or a folder) into road_node, road_link and
    turn_restriction as ``actor``; rows known by their source and code are updated.

    ``crs`` declares the coordinates of a file that does not say (SUMO without projection, GMNS). Raises TWIN-230, 231, 232,
    237 for the file, TWIN-234 where its coordinates are not known, TWIN-245 where rows were refused. All
    layers are stored together: where rows of one are refused, nothing is.
    """
    place = Path(path)
    with tempfile.TemporaryDirectory(prefix="twin-roads-") as work:
        folder = Path(work)
        made = read_network(_packed(place, folder) if place.is_dir() else place, folder)
        known = made["crs"] or crs
        if known is None:
            raise refusal("TWIN-234", where="crs")
        found = {}
        with store.transaction(actor, write=True, timeout_s=0) as conn:
            for layer in LAYERS:
                if made["counts"][layer]:
                    found[layer] = import_file(
                        store,
                        actor,
                        folder / f"{layer}.csv",
                        layer,
                        crs=known,
                        source=source or place.stem,
                        conn=conn,
                    )
    return RoadsReport(found, made["skipped"])


def _packed(place: Path, folder: Path) -> Path:
    """The tables of a GMNS folder as one file."""
    target = folder / "network.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in TABLES:
            if (place / f"{name}.csv").is_file():
                archive.write(place / f"{name}.csv", f"{name}.csv")
    return target
