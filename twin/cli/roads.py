"""Road networks in and out: ``twin import-roads`` and ``twin export-network``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import out, say
from twin.cli.deployment import OPERATOR, Deployment

if TYPE_CHECKING:
    from twin.city.road_network import RoadNetwork


class NetworkFormat(StrEnum):
    """Formats that are written."""

    gmns = "gmns"
    sumo = "sumo"
    uxsim = "uxsim"


class TimeUnit(StrEnum):
    """Units of the times of a TNTP network."""

    s = "s"
    min = "min"
    h = "h"


class LengthUnit(StrEnum):
    """Units of the lengths of a TNTP network."""

    m = "m"
    km = "km"
    ft = "ft"
    mile = "mile"


def register(app: typer.Typer) -> None:
    app.command(name="import-roads")(import_roads)
    app.command(name="export-network")(export_network)


def import_roads(
    file: Annotated[Path, typer.Argument(help="OSM、SUMO、GMNS 或 TNTP 文件 / OSM, SUMO, GMNS or TNTP file")],
    crs: Annotated[str | None, typer.Option(help="如 EPSG:4547 / such as EPSG:4547")] = None,
    source: Annotated[str | None, typer.Option(help="数据来源名 / name of the source")] = None,
    nodes: Annotated[Path | None, typer.Option(help="TNTP 节点文件 / node file of TNTP")] = None,
    trips: Annotated[Path | None, typer.Option(help="TNTP 出行文件 / trips file of TNTP")] = None,
    time_unit: Annotated[TimeUnit | None, typer.Option(help="TNTP 时间单位 / unit of its times")] = None,
    length_unit: Annotated[
        LengthUnit | None, typer.Option(help="TNTP 长度单位 / unit of its lengths")
    ] = None,
    period: Annotated[str, typer.Option(help="出行的时段 / period of the trips")] = "am_peak",
    user_class: Annotated[str, typer.Option("--class", help="出行的车种 / class of the trips")] = "car",
) -> None:
    """导入路网文件到道路图层 / Import a road network into the road layers."""
    from twin.actions.import_roads import Tntp
    from twin.actions.import_roads import import_roads as bring

    asked = nodes or trips or time_unit or length_unit
    tntp = Tntp(nodes, trips, time_unit, length_unit, period, user_class) if asked else None
    with Deployment().store() as store:
        report = bring(store, OPERATOR, file, crs=crs, source=source, tntp=tntp)
    for layer, one in report.layers.items():
        say(
            f"{layer}：读取 {one.read}，新增 {one.inserted}，更新 {one.updated}",
            f"{layer}: read {one.read}, inserted {one.inserted}, updated {one.updated}",
        )
    if report.skipped:
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(report.skipped.items()))
        say(f"略过：{told}", f"left out: {told}")


def export_network(
    folder: Annotated[Path, typer.Argument(help="目标文件夹 / target folder")],
    form: Annotated[NetworkFormat, typer.Option("--format", help="格式 / format")] = NetworkFormat.gmns,
    zones: Annotated[str, typer.Option(help="grid_cell, community, town 或/or node")] = "grid_cell",
) -> None:
    """导出路网（GMNS、SUMO、UXsim）/ Export the road network."""
    network = _network(zones)
    folder.mkdir(parents=True, exist_ok=True)
    written = _write(network, folder, form)
    say(
        f"已写出 {'、'.join(path.name for path in written)}",
        f"wrote {', '.join(path.name for path in written)}",
    )


def _network(zones: str) -> RoadNetwork:
    from twin.actions.identifier import uuid7
    from twin.processes.context import RunContext
    from twin.processes.traffic.asked import ZONES
    from twin.processes.traffic.network import LAYERS, road_network

    if zones not in ZONES:
        raise typer.BadParameter(", ".join(ZONES), param_hint="--zones")
    deployment = Deployment()
    with deployment.store() as store:
        run = RunContext(
            run=uuid7(),
            actor=OPERATOR,
            seed=0,
            store=store,
            artifacts=deployment.artifacts,
            reads=LAYERS,
            writes=(),
        )
        return road_network(run, zones=zones)  # type: ignore[arg-type]


def _write(network: RoadNetwork, folder: Path, form: NetworkFormat) -> list[Path]:
    from twin.city.road_network_merge import merged
    from twin.files import gmns, sumo_network, uxsim_network

    if form == NetworkFormat.gmns:
        return gmns.write(network, folder)
    joined = merged(network, sumo_network.JOIN_M)[0]
    if form == NetworkFormat.uxsim:
        return uxsim_network.write(joined, folder)
    plain = sumo_network.write_plain(joined, folder)
    target = folder / "network.net.xml"
    for warning in sumo_network.build(plain, target):
        out.print(f"• {warning}", soft_wrap=True, markup=False)
    return [plain.nod, plain.edg, plain.con, plain.taz, target]
