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

LAYERS = ("road_node", "road_link", "turn_restriction", "travel_demand")


@dataclass(frozen=True, slots=True)
class RoadsReport:
    """How the import of each layer ended, and how many things of the file were left out, by reason."""

    layers: Mapping[str, ImportReport]
    skipped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tntp:
    """What a TNTP network file leaves open: the files of its ``nodes`` and ``trips``, the units of time ("s", "min", "h") and length
    ("m", "km", "ft", "mile"), and the period and class that the trips are taken for."""

    nodes: Path | None = None
    trips: Path | None = None
    time_unit: str | None = None
    length_unit: str | None = None
    period: str = "am_peak"
    user_class: str = "car"


def import_roads(
    store: Store,
    actor: Actor,
    path: str | Path,
    *,
    crs: str | None = None,
    source: str | None = None,
    tntp: Tntp | None = None,
) -> RoadsReport:
    """Import ``path`` (OpenStreetMap PBF or XML, SUMO net.xml, TNTP, GMNS as a zip or a folder) into road_node, road_link and
    turn_restriction, and the trips of TNTP into travel_demand, as ``actor``; rows known by their source and code are updated.

    ``crs`` declares the coordinates of a file that does not say (SUMO without projection, GMNS, TNTP). Raises TWIN-230, 231,
    232, 237 for the file, TWIN-692 to 695 for a TNTP network that lacks something and TWIN-696 for ``tntp`` with another format,
    TWIN-234 where coordinates are not known, TWIN-245 where rows were refused. All layers are stored together: where rows of
    one are refused, nothing is.
    """
    place = Path(path)
    with tempfile.TemporaryDirectory(prefix="twin-roads-") as work:
        folder = Path(work)
        made = read_network(_whole(place, tntp, folder), folder, said=_said(tntp, place.name))
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


def _whole(place: Path, tntp: Tntp | None, folder: Path) -> Path:
    """The network as one file: the tables of a GMNS folder, or a TNTP network with its nodes and trips, packed."""
    if place.is_dir():
        tables = {f"{name}.csv": place / f"{name}.csv" for name in TABLES}
        return _packed(folder, {name: table for name, table in tables.items() if table.is_file()})
    beside = {} if tntp is None else {"node.tntp": tntp.nodes, "trips.tntp": tntp.trips}
    given = {name: path for name, path in beside.items() if path is not None}
    if not given:
        return place
    for path in (place, *given.values()):
        if not path.is_file():
            raise refusal("TWIN-243", name=path.name)
    return _packed(folder, {"net.tntp": place, **given})


def _packed(folder: Path, members: Mapping[str, Path]) -> Path:
    target = folder / "network.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in members.items():
            archive.write(path, name)
    return target


def _said(tntp: Tntp | None, name: str) -> dict[str, str | None]:
    if tntp is None:
        return {}
    return {
        "name": name,
        "time_unit": tntp.time_unit,
        "length_unit": tntp.length_unit,
        "period": tntp.period,
        "class": tntp.user_class,
    }
