"""The one-page report of a flood run: self-contained HTML in Chinese or English, to be read or printed on A4."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from twin.processes.flood.report import parts
from twin.processes.flood.report.facts import GROUND, RASTERS, RESULTS, Facts, Wanted
from twin.processes.flood.report.maps import draw
from twin.text import Text

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["GROUND", "RASTERS", "RESULTS", "Facts", "Wanted", "render"]
MAP_PIXELS, SMALL_PIXELS = 1280, 640
METHODS = {
    "inertial": Text(zh="二维局部惯性方程", en="local inertial equations in two dimensions"),
    "shallow_water": Text(zh="二维完整浅水方程", en="full shallow-water equations in two dimensions"),
}
TALLEST_MM, TALLEST_SMALL_MM = 96.0, 48.0  # of a map, so that all fits on one sheet


def render(facts: Facts) -> str:
    """The page. What the reader may not see is left out."""
    say = facts.say
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    title = say("城市内涝模拟报告", "Urban flood report")
    hazard = _map(
        facts, "flood_hazard", say("最大危险度（DEFRA）", "Maximum hazard rating (DEFRA)"), SMALL_PIXELS
    )
    blocks = (
        parts.series(facts)
        + parts.roads(facts)
        + hazard
        + parts.land_use(facts)
        + parts.buildings(facts)
        + parts.facilities(facts)
    )
    depth = _map(
        facts, "flood_depth", say("最大水深与积水点", "Maximum depth and waterlogging points"), MAP_PIXELS
    )
    return (
        f'<!doctype html><html lang="{"zh-Hans" if facts.language == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{_head(facts, title)}"
        f'<div class="figures">{parts.figures(facts)}</div>'
        f'<div class="top">{depth}<div class="side">{parts.ponds(facts)}{parts.balance(facts)}</div></div>'
        f'<div class="three">{blocks}</div>'
        f"<footer>{_limits(facts)}</footer></body></html>"
    )


def _head(facts: Facts, title: str) -> str:
    out, say = facts.outputs, facts.say
    minutes = f"{out.get('duration_min', 0):g}"
    told = say(f"模拟时长 {minutes} 分钟", f"{minutes} min simulated")
    return (
        f"<header><div><h1>{escape(title)}</h1><p>{escape(parts.storm(facts))}　·　{told}</p></div>"
        f"<aside>{say('运行', 'run')} {escape(facts.run)}<br>{say('完成于', 'ended')} {_moment(facts.ended)}"
        f"　·　{say('程序', 'code')} {escape(facts.version)}</aside></header>"
    )


def _moment(moment: datetime | None) -> str:
    return "–" if moment is None else moment.isoformat(sep=" ", timespec="minutes")


def _map(facts: Facts, layer: str, title: str, width: int) -> str:
    path, bounds = facts.rasters.get(layer), facts.bounds
    if path is None or bounds is None:
        return ""
    large = width == MAP_PIXELS
    picture, sheet = draw(path, facts.catalog.layers[layer], bounds, facts.rows, width, houses=large)
    tall = (TALLEST_MM if large else TALLEST_SMALL_MM) * sheet.size[0] / sheet.size[1]
    over = parts.markers(facts, sheet) if large else parts.scale_bar(sheet)
    body = (
        f'<div class="map" style="width:min(100%,{tall:.1f}mm)"><img src="{picture}" alt="{escape(title)}">'
        f'<svg viewBox="0 0 {sheet.size[0]} {sheet.size[1]}">{over}</svg></div>{parts.map_legend(facts, layer)}'
    )
    return parts.box(title, body)


def _limits(facts: Facts) -> str:
    out = facts.outputs
    told = "".join(f"<br>{escape(str(one.get(facts.language, '')))}" for one in out.get("remarks") or ())
    method = METHODS.get(str(out.get("solver")), METHODS["inertial"])[facts.language]
    cell, steps = number(out.get("cells")), number(out.get("steps"))
    limits = facts.say(
        f"方法：{method}（{cell} 个网格，{steps} 步）；受淹以水深 {facts.inputs.get('flooded_m', 0.15):g} m 为界，不含河湖。"
        "危险度 HR = d (v + 0.5) + DF（DEFRA）。损失率按 JRC 2017 亚洲曲线与室内水深，只计首层；人口按单元网格人口和居住建筑面积分摊；"
        "车辆限值与积水分级见输入，可按本市标准修改。结果取决于地形、管网与雨型资料，供决策参考，不替代现场判断。",
        f"Method: {method} ({cell} cells, {steps} steps); flooded means {facts.inputs.get('flooded_m', 0.15):g} m and "
        "more, rivers and lakes left out. Hazard HR = d (v + 0.5) + DF (DEFRA). Losses by the JRC 2017 curves of Asia from the depth "
        "inside, ground floors only; people by grid cell shared out over living area; vehicle limits and grades are inputs "
        "of the run. Results hang on terrain, sewers and storm; they help to decide and do not replace a look on site.",
    )
    return limits + told


number = parts.number
