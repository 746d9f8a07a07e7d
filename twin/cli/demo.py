"""The demo: a sample city in the database, a flood run on it, and the addresses where to look."""

from __future__ import annotations

import hashlib
import time
import tomllib
from pathlib import Path
from typing import Any

import httpx

from twin.catalog.load import shipped_layers
from twin.cli.console import bar, step
from twin.cli.deployment import OPERATOR, Deployment
from twin.errors import TwinError
from twin.store import keys
from twin.store.database import Store

FLOOD_TIMEOUT_S = 900.0


def show(deployment: Deployment, base: str, sample: Path | None) -> list[tuple[str, str]]:
    """Load, flood and list: ``(title zh / en, address)`` of everything worth a look."""
    folder = sample or shipped_layers().parent / "data" / "samples"
    with deployment.store() as store:
        loaded = _load(deployment, store, folder)
    key = _console_key(deployment)
    run = _flood(base, key, loaded)
    return [
        ("控制台 / console", f"{base}/console/#key={key}"),
        ("OGC API 首页 / OGC API landing page (QGIS: WFS / OGC API - Features)", f"{base}/ogc"),
        ("建筑要素 / buildings as GeoJSON", f"{base}/ogc/collections/building/items?limit=10"),
        ("建筑瓦片 / buildings as vector tiles (TileJSON)", f"{base}/tiles/building.json"),
        ("地图样式 / MapLibre style", f"{base}/tiles/style.json"),
        ("最大水深 / maximum depth of the flood (COG)", f"{base}/coverages/flood_depth?run={run}"),
        ("受淹建筑 / flooded buildings", f"{base}/ogc/collections/flood_building/items?run={run}"),
        ("积水点 / waterlogging points", f"{base}/ogc/collections/flood_waterlogging/items?run={run}"),
        (
            "淹没过程 / flooded area over time",
            f"{base}/ogc/collections/flood_series/items?run={run}&place_kind=city&sortby=minute",
        ),
        (
            "起始 40 分钟后中断的道路 / roads closed 40 minutes after the start",
            f"{base}/ogc/collections/flood_closure/items?run={run}&datetime=2000-01-01T00:40:00Z",
        ),
        (
            "水深动画的时刻 / moments of the depth animation",
            f"{base}/tiles/flood_depth_series.json?run={run}",
        ),
        ("洪涝报告 / flood report on one page", f"{base}/runs/{run}/report"),
        ("模拟接口 / simulation endpoint", f"{base}/simulations/flood"),
        ("接口文档 / OpenAPI", f"{base}/openapi.json"),
    ]


def _load(deployment: Deployment, store: Store, folder: Path) -> str:
    """Import the layers of the manifest in its order; nothing when this very sample was loaded before. Its digest."""
    from twin.actions.import_layer import import_file

    manifest_text = (folder / "manifest.toml").read_text(encoding="utf-8")
    sums = (folder / "SHA256SUMS").read_text(encoding="utf-8")
    digest = hashlib.sha256((manifest_text + sums).encode()).hexdigest()
    mark = deployment.settings.home / "sample.loaded"
    if mark.is_file() and mark.read_text() == digest:
        return digest
    for entry in tomllib.loads(manifest_text)["layers"]:
        layer = deployment.layer(entry["layer"])
        at = entry.get("valid_time")
        when = f" {at:%H:%M}" if at else ""
        with step(f"装载{layer.title.zh}{when}", f"loading {layer.title.en.lower()}{when}"):
            import_file(
                store,
                OPERATOR,
                folder / entry["file"],
                layer,
                crs=entry.get("crs"),
                source="sample",
                artifacts=deployment.artifacts,
                at=at,
            )
    mark.write_text(digest)
    return digest


def _console_key(deployment: Deployment) -> str:
    """The console's operator key: kept in the home, readable by its owner only; made anew when it is gone."""
    path = deployment.settings.home / "console.key"
    with deployment.store() as store, store.service() as connection:
        if path.is_file():
            key = path.read_text().strip()
            if keys.verify(connection, key) is not None:
                return key
        key = keys.create(connection, "operator", "demo console")
    path.touch(mode=0o600)
    path.write_text(key)
    path.chmod(0o600)
    return key


def _flood(base: str, key: str, sample: str) -> str:
    """Run the example flood once: a second demo on the same data and the same process gets the same run."""
    with (
        httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=30.0) as http,
        step("用示例暴雨淹没城市", "flooding the city with the example storm"),
        bar("flood", "%") as progress,
    ):
        described = http.get("/simulations/flood", params={"lang": "en"}).raise_for_status()
        asked = hashlib.sha256(described.content + sample.encode()).hexdigest()[:16]
        answer = http.post(
            "/simulations/flood",
            json=described.json()["example"],
            headers={"Idempotency-Key": f"demo-flood-{asked}"},
        )
        run: dict[str, Any] = answer.raise_for_status().json()
        deadline = time.monotonic() + FLOOD_TIMEOUT_S
        while run["state"] in {"accepted", "running"} and time.monotonic() < deadline:
            time.sleep(0.3)
            run = http.get(f"/runs/{run['id']}").raise_for_status().json()
            progress(run["progress"], 100)
    if run["state"] != "successful":
        raise TwinError(
            "TWIN-644",
            f"示例洪涝运行未成功：{run.get('error')}",
            f"the example flood did not succeed: {run.get('error')}",
        )
    return str(run["id"])


def verify(deployment: Deployment, addresses: list[tuple[str, str]]) -> None:
    """Ask each printed address once, with the console's key; anything but 200 with a body is a failure."""
    key = _console_key(deployment)
    with httpx.Client(
        headers={"Authorization": f"Bearer {key}"}, timeout=60.0, follow_redirects=True
    ) as http:
        for title, address in addresses:
            answer = http.get(address.split("#")[0])
            if answer.status_code != 200 or not answer.content:
                raise TwinError(
                    "TWIN-643",
                    f"{title}：{address} 返回 {answer.status_code}",
                    f"{title}: {address} answered {answer.status_code}",
                )
