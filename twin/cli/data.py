"""Data in and out: ``twin import`` and ``twin export``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.console import bar, say
from twin.cli.deployment import OPERATOR, Deployment
from twin.errors import TwinError

if TYPE_CHECKING:
    from twin.actions.import_layer import ImportReport


def register(app: typer.Typer) -> None:
    app.command(name="import")(import_)
    app.command()(export)


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        column, equals, name = pair.partition("=")
        if not equals or not column or not name:
            raise TwinError(
                "TWIN-371",
                f"映射“{pair}”应写作 列=字段",
                f'the mapping "{pair}" must read column=field',
                where="--map",
            )
        mapping[column.strip()] = name.strip()
    return mapping


def import_(
    file: Annotated[Path, typer.Argument(help="文件 / file")],
    layer: Annotated[str, typer.Option("--layer", help="图层 / layer")],
    map_: Annotated[list[str] | None, typer.Option("--map", help="列=字段 / column=field")] = None,
    crs: Annotated[str | None, typer.Option(help="如 EPSG:4547 / such as EPSG:4547")] = None,
    encoding: Annotated[str | None, typer.Option(help="如 gbk / such as gbk")] = None,
    source: Annotated[str | None, typer.Option(help="数据来源名 / name of the source")] = None,
    time: Annotated[datetime | None, typer.Option(help="栅格的有效时间 / valid time of a raster")] = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="略过不合格记录 / skip bad records")
    ] = False,
) -> None:
    """导入文件到图层 / Import a file into a layer (all or nothing unless --skip-invalid)."""
    from twin.actions.import_layer import import_file

    deployment = Deployment()
    target = deployment.layer(layer)
    with deployment.store() as store, bar(f"{file.name} → {layer}") as progress:
        report = import_file(
            store,
            OPERATOR,
            file,
            target,
            mapping=_mapping(map_ or []),
            crs=crs,
            encoding=encoding,
            skip_invalid=skip_invalid,
            source=source,
            artifacts=deployment.artifacts,
            at=time.replace(tzinfo=UTC) if time and time.tzinfo is None else time,
            progress=progress,
        )
    _tell(report)


def _tell(report: ImportReport) -> None:
    say(
        f"读取 {report.read}，新增 {report.inserted}，更新 {report.updated}，拒绝 {report.refused}，"
        f"{report.seconds:.1f} 秒",
        f"read {report.read}, inserted {report.inserted}, updated {report.updated}, refused {report.refused}, "
        f"{report.seconds:.1f} s",
    )
    for note in report.notes:
        say(note.zh, note.en)
    if report.unused:
        fields = ", ".join(report.unused)
        say(f"文件中未导入的字段：{fields}", f"fields of the file that no column takes: {fields}")
    if report.problems_csv is not None:
        say(f"拒绝原因见 {report.problems_csv}", f"the refused records are listed in {report.problems_csv}")


def export(
    layer: Annotated[str, typer.Argument(help="图层 / layer")],
    file: Annotated[Path, typer.Argument(help="文件，后缀定格式 / file, its suffix gives the format")],
    crs: Annotated[str | None, typer.Option(help="如 EPSG:4490 / such as EPSG:4490")] = None,
    run: Annotated[str | None, typer.Option(help="运行编号 / run id, for results")] = None,
) -> None:
    """导出图层到文件 / Export a layer to a file."""
    from twin.actions.export_layer import export_layer

    deployment = Deployment()
    target = deployment.layer(layer)
    with deployment.store() as store, bar(f"{layer} → {file.name}") as progress:
        count = export_layer(
            store, OPERATOR, target, file, run=run, crs=crs, artifacts=deployment.artifacts, progress=progress
        )
    say(f"已导出 {count} 条到 {file}", f"exported {count} to {file}")
