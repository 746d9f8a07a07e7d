"""The city as declared: check the catalogue, derive the committed files, bring the database to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.catalog.load import shipped_layers
from twin.cli.console import out, say, step
from twin.cli.deployment import Deployment
from twin.errors import TwinError


def register(app: typer.Typer) -> None:
    app.command()(check)
    app.command()(derive)
    app.command()(migrate)
    app.command()(init)


def check() -> None:
    """检查图层、词表与访问规则 / Check layers, vocabularies and access rules."""
    from twin.catalog.check_results import check_results
    from twin.processes.registry import registry

    catalog = Deployment().catalog
    check_results(catalog, {process.name: (process.reads, process.writes) for process in registry().values()})
    say(
        f"目录无误：{len(catalog.layers)} 个图层，{len(catalog.vocabularies)} 个词表",
        f"the catalogue is sound: {len(catalog.layers)} layers, {len(catalog.vocabularies)} vocabularies",
    )


def derived_files(deployment: Deployment) -> dict[str, str]:
    """Content by path of everything committed that follows from the catalogue and the processes."""
    import twin
    from twin.catalog.derive import derived
    from twin.catalog.reference import error_pages, process_pages
    from twin.ogc.config import render
    from twin.processes.registry import registry

    processes = registry()
    return {
        **derived(deployment.catalog),
        **process_pages(processes),
        **error_pages(Path(twin.__file__).parent),
        "pygeoapi-config.yml": render(deployment.catalog, processes),
    }


def derive(
    check: Annotated[bool, typer.Option("--check", help="只比较，不写入 / compare, write nothing")] = False,
) -> None:
    """生成提交入库的派生文件 / Write the committed files that are derived from the catalogue."""
    root = shipped_layers().parent
    files = derived_files(Deployment())
    stale = [path for path, text in files.items() if _content(root / path) != text]
    pages = sorted(str(path.relative_to(root)) for path in (root / "docs" / "reference").rglob("*.md"))
    orphans = [path for path in pages if path not in files]
    if check and (stale or orphans):
        names = ", ".join((stale + orphans)[:10])
        raise TwinError(
            "TWIN-130",
            f"派生文件已过期：{names}；请运行 twin derive",
            f"derived files are stale: {names}; run: twin derive",
        )
    if not check:
        for path in stale:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        for path in orphans:
            (root / path).unlink()
    say(f"{len(files)} 个派生文件，更新 {len(stale)} 个", f"{len(files)} derived files, {len(stale)} written")


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def migrate(
    allow_drop: Annotated[
        bool, typer.Option("--allow-drop", help="允许丢失数据的步骤 / allow steps that lose data")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示步骤 / only show the steps")] = False,
) -> None:
    """使数据库与目录一致 / Bring the database to the catalogue."""
    from twin.store import migrate as migrations

    deployment = Deployment()
    owner, catalog = deployment.owner_url, deployment.catalog
    if dry_run:
        steps = migrations.plan(owner, catalog, deployment.storage_crs).steps
    else:
        steps = migrations.migrate(owner, catalog, deployment.storage_crs, allow_drop=allow_drop).steps
    for planned in steps:
        out.print(
            f"  {'!' if planned.destructive else '+'} {planned.what.zh} / {planned.what.en}", markup=False
        )
    say(
        f"{len(steps)} 步{'（未执行）' if dry_run else ''}",
        f"{len(steps)} steps{' (not applied)' if dry_run else ''}",
    )


def init(
    crs: Annotated[int | None, typer.Option(help="存储坐标系 EPSG / storage CRS (EPSG)")] = None,
) -> None:
    """新建城市数据库，确定其存储坐标系 / Create the city's database and fix its storage CRS."""
    from twin.store import migrate as migrations

    deployment = Deployment()
    srid = crs or deployment.storage_crs
    with step("创建数据库并按目录建表", "creating the database and its tables from the catalogue"):
        plan = migrations.migrate(deployment.owner_url, deployment.catalog, srid)
    say(f"存储坐标系 EPSG:{srid}，{len(plan.steps)} 步", f"storage CRS EPSG:{srid}, {len(plan.steps)} steps")
