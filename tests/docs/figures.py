"""Writes the figures of the verification tests into the pages: ``python tests/docs/figures.py FILE...``.

Each FILE is a ``build/verification/<topic>.json``. A row beyond its tolerance is not published: it is named, and nothing
is written.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from twin.catalog.markdown import cell, table
from twin.text import LANGUAGES, Language

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"(<!-- figures -->\n).*?(<!-- /figures -->)", re.DOTALL)
HEADS: dict[Language, tuple[str, ...]] = {
    "zh": ("算例", "对照", "指标", "误差", "容许"),
    "en": ("Case", "Compared with", "Figure", "Error", "Tolerance"),
}
CHINESE = {
    "EA test": "英国环境署算例",
    "advancing wave": "推进波",
    "closed bowl": "封闭碗形",
    "dam break, friction": "溃坝，有摩阻",
    "full equations, ": "完整方程，",
    ", full equations": "，完整方程",
    "lake at rest": "静水",
    "planar swing in a bowl": "碗中平面摆动",
    "radial swing in a bowl": "碗中径向涨缩",
    "steady flow, subcritical": "恒定流，缓流",
    "steady flow, supercritical": "恒定流，急流",
    "steady flow, transcritical with a jump": "恒定流，跨临界带水跃",
    "behind the tip": "波前之后",
    "depth RMSE after a turn, m of 0.1": "一周后水深均方根误差，m（静水深 0.1）",
    "depth RMSE after 1 beats, m of 0.1": "1 个周期后水深均方根误差，m（静水深 0.1）",
    "depth RMSE after 1.5 beats, m of 0.1": "1.5 个周期后水深均方根误差，m（静水深 0.1）",
    "front position error, m of 3600": "波前位置误差，m（全程 3600）",
    "depth before the bump, relative": "凸起前水深，相对",
    "depth behind the bump, relative": "凸起后水深，相对",
    "discharge error, relative": "流量误差，相对",
    "inflow 1,310 m3": "入流 1,310 m3",
    "dam break, dry bed": "溃坝，干底",
    "dam break, wet bed, 1.1 m over 1 m": "溃坝，湿底，1.1 m 对 1 m",
    "dam break, wet bed": "溃坝，湿底",
    "filling a basin": "注满洼地",
    "rain on a plane": "坡面降雨",
    "spill over a sill": "越过堰顶",
    "on the same grid, path-dependent points": "同一网格，与路径有关的点",
    "on the same grid (output every 100 s)": "同一网格（每 100 s 输出）",
    "on the same grid": "同一网格",
    "(no friction), n = 0.02 here": "（无摩阻），此处 n = 0.02",
    "closed channel": "封闭渠道",
    "gravity-wave model": "重力波模型",
    "full equations": "完整方程",
    "kinematic plane": "运动波坡面",
    "stage-volume curve of the grid": "网格的水位库容曲线",
    "still water over humps, level 0.875 m": "起伏之上的静水，水位 0.875 m",
    "volume balance": "体积平衡",
    "sill level 1 m": "堰顶高程 1 m",
    "DG2 at 5 m": "5 m 网格 DG2",
    "inflow 285,000 m3": "入流 285,000 m3",
    "ledger closure, relative": "水量账闭合差，相对",
    "closure, relative": "闭合差，相对",
    "inflow error, relative": "入流误差，相对",
    "volume error, relative": "体积误差，相对",
    "greatest peak error, relative": "峰值最大误差，相对",
    "steady depth error, relative": "稳态水深误差，相对",
    "steady discharge error, relative": "稳态流量误差，相对",
    "rising depth error, m": "涨水水深误差，m",
    "final depth, m": "最终水深，m",
    "arrival of 5 cm, s": "5 cm 到达时刻，s",
    "depth RMSE, m": "水深均方根误差，m",
    "depth behind the shock, m": "激波后水深，m",
    "shock position error, m of 229": "激波位置误差，m（全程 229）",
    "shock position error, m": "激波位置误差，m",
    "mean pond level error, m": "平均水位误差，m",
    "pond level unevenness, m": "水面不平度，m",
    "lower pond error, m": "下游水位误差，m",
    "upper pond above the sill, m": "上游水位高出堰顶，m",
    "greatest unit discharge, m2/s": "最大单宽流量，m2/s",
    "level error, m": "水位误差，m",
    "points ": "点 ",
    "ledger": "水量账",
}


def said(text: str, language: Language) -> str:
    """A label of the tests in the language of the page."""
    if language == "zh":
        for english in sorted(CHINESE, key=len, reverse=True):
            text = text.replace(english, CHINESE[english])
    return cell(text)


def figures(rows: list[dict[str, Any]], language: Language) -> str:
    """The table of the rows."""
    lines = (
        (
            *(said(str(row[key]), language) for key in ("case", "source", "metric")),
            f"{row['value']:.3g}",
            f"{row['tolerance']:.3g}",
        )
        for row in rows
    )
    return "\n".join(table(HEADS[language], lines))


def main(paths: list[str]) -> int:
    rows = [row for path in paths for row in json.loads(Path(path).read_text(encoding="utf-8"))]
    beyond = [row for row in rows if abs(row["value"]) > row["tolerance"]]
    if beyond or not rows:
        names = "; ".join(f"{row['case']}, {row['metric']}" for row in beyond) or "no rows"
        sys.stderr.write(f"nothing written: {names}. Remove the file and run the tests again.\n")
        return 1
    for language in LANGUAGES:
        page = ROOT / "docs" / language / "verification.md"
        text = page.read_text(encoding="utf-8")
        before, after = PLACE.findall(text)[0]
        made = f"{before}\n{figures(rows, language)}{after}"
        page.write_text(PLACE.sub(made.replace("\\", r"\\"), text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
