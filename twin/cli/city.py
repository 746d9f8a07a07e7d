"""The city as declared: check the catalogue, derive the committed files, bring the database to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.catalog.derive import derived
from twin.catalog.load import shipped_layers
from twin.catalog.reference import process_pages
from twin.cli.console import out, say, step
from twin.cli.deployment import Deployment
from twin.errors import TwinError
from twin.ogc.config import render
from twin.processes.registry import registry
from twin.settings import Settings
from twin.store.migrate import migrate as migrate_database


def register(app: typer.Typer) -> None:
    app.command()(check)
    app.command()(derive)
    app.command()(migrate)
    app.command()(init)


def check() -> None:
    """检查图层、词表与访问规则 / Check layers, vocabularies and access rules."""
    deployment = Deployment()
    catalog = deployment.catalog
    from twin.catalog.load import check_results

    check_results(catalog, {p.name: (p.reads, p.writes) for p in registry().values()})
    say(
        f"目录无误：{len(catalog.layers)} 个图层，{len(catalog.vocabularies)} 个词表",
        f"the catalogue is sound: {len(catalog.layers)} layers, {len(catalog.vocabularies)} vocabularies",
    )


def _derived_files(deployment: Deployment) -> dict[str, str]:
    catalog = deployment.catalog
    processes = registry()
    return {
        **derived(catalog),
        **process_pages(processes),
        "pygeoapi-config.yml": render(catalog, processes),
    }


def derive(
    check: Annotated[bool, typer.Option("--check", help="只比较，不写入 / compare, write nothing")] = False,
) -> None:
    """生成提交入库的派生文件 / Write the committed files that are derived from the catalogue."""
    root = shipped_layers().parent
    files = _derived_files(Deployment())
    stale = [path for path, text in files.items() if _content(root / path) != text]
    folder = root / "docs" / "reference"
    extra = [
        str(path.relative_to(root))
        for path in sorted(folder.rglob("*.md"))
        if str(path.relative_to(root)) not in files
    ]
    if check and (stale or extra):
        raise TwinError(
            "TWIN-120",
            f"派生文件已过期：{', '.join(stale + extra)}；请运行 twin derive",
            f"derived files are stale: {', '.join(stale + extra)}; run: twin derive",
        )
    if not check:
        for path in stale:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        for path in extra:
            (root / path).unlink()
    say(
        f"{len(files)} 个派生文件，{0 if check else len(stale)} 个更新",
        f"{len(files)} derived files, {0 if check else len(stale)} written",
    )


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def migrate(
    allow_drop: Annotated[
        bool, typer.Option("--allow-drop", help="允许删除 / allow destructive steps")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示 / show only")] = False,
) -> None:
    """使数据库与目录一致 / Bring the database to the catalogue."""
    deployment = Deployment()
    plan = migrate_database(
        deployment.owner_url,
        deployment.catalog,
        deployment.settings.crs,
        allow_drop=allow_drop,
        dry_run=dry_run,
    )
    for planned in plan.steps:
        out.print(
            f"  {'!' if planned.destructive else '+'} {planned.what.zh} / {planned.what.en}", markup=False
        )
    say(f"{len(plan.steps)} 步", f"{len(plan.steps)} steps{' (not applied)' if dry_run else ''}")


def init(
    crs: Annotated[int, typer.Option(help="存储坐标系 EPSG / storage CRS (EPSG)")] = Settings().crs,
) -> None:
    """新建城市数据库，确定其存储坐标系 / Create the city's database and fix its storage CRS."""
    deployment = Deployment()
    with step("创建数据库并按目录建表", "creating the database and its tables from the catalogue"):
        plan = migrate_database(deployment.owner_url, deployment.catalog, crs)
    say(f"存储坐标系 EPSG:{crs}，{len(plan.steps)} 步", f"storage CRS EPSG:{crs}, {len(plan.steps)} steps")
