"""Road networks in and out: ``twin import-roads`` and ``twin export-network``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import say
from twin.cli.deployment import OPERATOR, Deployment

if TYPE_CHECKING:
    from twin.city.road_network import RoadNetwork


class NetworkFormat(StrEnum):
    """Formats that are written."""

    gmns = "gmns"
    sumo = "sumo"
    uxsim = "uxsim"


def register(app: typer.Typer) -> None:
    app.command(name="import-roads")(import_roads)
    app.command(name="export-network")(export_network)


def import_roads(
    file: Annotated[Path, typer.Argument(help="OSM、SUMO 或 GMNS 文件 / OSM, SUMO or GMNS file")],
    crs: Annotated[str | None, typer.Option(help="如 EPSG:4547 / such as EPSG:4547")] = None,
    source: Annotated[str | None, typer.Option(help="数据来源名 / name of the source")] = None,
) -> None:
    """导入路网文件到道路图层 / Import a road network into the road layers."""
    from twin.actions.import_roads import import_roads as bring

    with Deployment().store() as store:
        report = bring(store, OPERATOR, file, crs=crs, source=source)
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
    zones: Annotated[str, typer.Option(help="grid_cell, community 或/or town")] = "grid_cell",
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
    from typing import cast

    from twin.actions.identifier import uuid7
    from twin.processes.context import RunContext
    from twin.processes.traffic.network import LAYERS, ZoneKind, road_network

    if zones not in ("grid_cell", "community", "town"):
        raise typer.BadParameter("grid_cell, community, town", param_hint="--zones")
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
        return road_network(run, zones=cast("ZoneKind", zones))


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
        say(warning, warning)
    return [plain.nod, plain.edg, plain.con, plain.taz, target]
