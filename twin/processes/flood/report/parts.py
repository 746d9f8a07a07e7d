"""The parts of the page: each a piece of HTML, or nothing where the reader may not see what it is made of."""

from __future__ import annotations

import json
from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from twin.processes.flood.report import charts
from twin.processes.storm import DesignStorm, RainSeries, hyetograph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.processes.flood.report.facts import Facts, Row
    from twin.processes.flood.report.maps import Sheet

GRADE_COLOURS = ("light", "moderate", "severe", "extreme")
MOST_LINES = 6


def number(value: float | None, digits: int = 0) -> str:
    """With thousands separators; a dash for nothing."""
    return "–" if value is None else f"{value:,.{digits}f}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """A table; ``align`` has l or r for each column."""
    head = "".join(f'<th class="{a}">{escape(h)}</th>' for h, a in zip(heads, align, strict=True))
    body = "".join(
        "<tr>" + "".join(f'<td class="{a}">{cell}</td>' for cell, a in zip(row, align, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def box(title: str, body: str, note: str = "", kind: str = "") -> str:
    """A titled part of the page."""
    foot = f'<p class="note">{note}</p>' if note else ""
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{body}{foot}</section>'


def storm(facts: Facts) -> str:
    """The rain in one line."""
    given = facts.inputs.get("storm")
    if not given:
        return facts.say("无降雨，仅入流", "no rain, inflows only")
    kind = given.get("kind")
    if kind == "design":
        return facts.say(
            f"{given['return_period_a']:g} 年一遇设计暴雨，历时 {given['duration_min']:g} 分钟（{_formula(given).zh}）",
            f"design storm of {given['return_period_a']:g} years, {given['duration_min']:g} min ({_formula(given).en})",
        )
    named = {
        "series": ("雨强序列", "a series of intensities"),
        "raster": ("雨强栅格", "rain rasters"),
        "gauges": ("雨量站插值", "rain gauges, interpolated"),
    }
    return facts.say(*named.get(str(kind), (str(kind), str(kind))))


def _formula(given: dict[str, Any]) -> Any:
    return TypeAdapter(DesignStorm).validate_python(given, strict=False).resolved().title


def rain_of(inputs: dict[str, Any]) -> tuple[list[float], list[float]] | None:
    """Start minutes and mm/h of a rain that is the same everywhere, ending in 0."""
    given = inputs.get("storm") or {}
    try:
        asked: Any = {"design": DesignStorm, "series": RainSeries}[str(given.get("kind"))]
        series = hyetograph(TypeAdapter(asked).validate_python(given, strict=False))
    except (KeyError, ValidationError):
        return None
    starts = [*(float(second) / 60.0 for second in series.times_s), series.end_s / 60.0]
    factor = float(inputs.get("rain_factor") or 1.0)
    return starts, [*(factor * float(rate) for rate in series.intensity_mm_h), 0.0]


def figures(facts: Facts) -> str:
    """The row of key figures."""
    out, say = facts.outputs, facts.say
    ponds = out.get("waterlogging_points") or {}
    bad = ponds.get("severe", 0) + ponds.get("extreme", 0)
    listed: list[tuple[str, str, str, str]] = [
        ("flood_depth", number(out.get("flooded_area_m2", 0) / 1e6, 2), "km²", say("淹没面积", "flooded area")),
        ("flood_depth", number(out.get("max_depth_m", 0), 2), "m", say("最大水深", "maximum depth")),
        ("flood_building", number(out.get("flooded_buildings", 0)), "", say("受淹建筑", "flooded buildings")),
        ("flood_waterlogging", number(sum(ponds.values())), "", say(f"积水点（严重以上 {bad}）", f"waterlogging points ({bad} severe)")),
        ("flood_closure", number(out.get("closed_road_links", 0)), "", say("小客车中断路段", "links closed to cars")),
        ("flood_facility", number(out.get("flooded_facilities", 0)), "", say("受淹设施", "flooded facilities")),
    ]  # fmt: skip
    if facts.people and out.get("people") is not None:
        listed.insert(
            3,
            ("flood_building", number(out["people"]), "", say("受影响人口（估）", "people affected (est.)")),
        )
    if out.get("damage") is not None:
        listed.append(
            (
                "flood_building",
                number(out["damage"] / 1e4),
                say("万元", "10⁴ CNY"),
                say("建筑损失", "damage to buildings"),
            )
        )
    else:
        listed.append(
            (
                "flood_building",
                number(out.get("damaged_floor_m2", 0)),
                "m²",
                say("等效全损面积", "floor area lost (equiv.)"),
            )
        )
    seen = [
        one for one in listed if one[0] in facts.rows or one[0] in facts.rasters or one[0] == "flood_closure"
    ]
    return "".join(
        f"<div><b>{value}<small>{unit}</small></b><span>{escape(word)}</span></div>"
        for _, value, unit, word in seen
    )


def ponds(facts: Facts) -> str:
    """The deepest waterlogging points, numbered as on the map."""
    rows = facts.of("flood_waterlogging")
    if rows is None:
        return ""
    say = facts.say
    shades = facts.catalog.vocabularies["waterlogging_grade"].terms
    body = [
        (
            f'<i class="dot" style="background:{shades[row["grade"]].colour}">{place}</i>',
            escape(row["road_name"] or say("（无名）", "(unnamed)")),
            number(row["depth"], 2),
            number(row["area_m2"]),
            number(row["duration_min"]),
        )
        for place, row in enumerate(rows, 1)
    ]
    counts = facts.outputs.get("waterlogging_points") or {}
    key = "".join(
        f'<span><i style="background:{shades[grade].colour}"></i>{escape(facts.term("waterlogging_grade", grade))} '
        f"{counts.get(grade, 0)}</span>"
        for grade in GRADE_COLOURS
    )
    heads = (
        "",
        say("位置", "at"),
        say("水深 m", "depth m"),
        say("面积 m²", "area m²"),
        say("历时 min", "min"),
    )
    title = say("积水点（最深 12 处）", "Waterlogging points (the 12 deepest)")
    return box(title, f'<div class="key">{key}</div>' + table(heads, body, "llrrr"))


def markers(facts: Facts, sheet: Sheet) -> str:
    """Numbered points and a scale bar over the map, as SVG in the map's own pixels."""
    shades = facts.catalog.vocabularies["waterlogging_grade"].terms
    parts = []
    size = sheet.size[0] / 42
    for place, row in enumerate(facts.of("flood_waterlogging") or [], 1):
        ((x, y),) = sheet.place([json.loads(row["geojson"])["coordinates"]])
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{size * 0.62:.0f}" fill="{shades[row["grade"]].colour}" '
            f'stroke="#fff" stroke-width="{size * 0.12:.1f}"/><text x="{x:.0f}" y="{y + size * 0.29:.0f}" '
            f'font-size="{size * 0.82:.0f}" class="n">{place}</text>'
        )
    return "".join(parts) + scale_bar(sheet)


def scale_bar(sheet: Sheet) -> str:
    """A bar of a round length, and north."""
    metres = charts.nice((sheet.bounds[2] - sheet.bounds[0]) / 7)
    long, unit = metres * sheet.scale, sheet.size[0] / 42
    x, y = unit, sheet.size[1] - unit
    told = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    up = sheet.size[0] - 1.2 * unit
    return (
        f'<rect x="{x - unit * 0.4:.0f}" y="{y - unit * 1.35:.0f}" width="{long + unit * 0.8:.0f}" height="{unit * 1.9:.0f}" '
        f'fill="#fff" fill-opacity=".8"/><path d="M{x:.0f} {y - unit * 0.3:.0f}v{unit * 0.3:.0f}h{long:.0f}v-{unit * 0.3:.0f}" '
        f'fill="none" stroke="#222" stroke-width="{unit * 0.1:.1f}"/><text x="{x + long / 2:.0f}" y="{y - unit * 0.45:.0f}" '
        f'font-size="{unit * 0.75:.0f}" text-anchor="middle">{told}</text>'
        f'<path d="M{up:.0f} {unit * 0.5:.0f}l{unit * 0.45:.0f} {unit * 1.3:.0f}l-{unit * 0.45:.0f} -{unit * 0.35:.0f}'
        f'l-{unit * 0.45:.0f} {unit * 0.35:.0f}z" fill="#222"/><text x="{up:.0f}" y="{unit * 2.6:.0f}" '
        f'font-size="{unit * 0.8:.0f}" text-anchor="middle">N</text>'
    )


def map_legend(facts: Facts, layer: str) -> str:
    """The colours of a raster's stops."""
    stops = facts.catalog.layers[layer].style.stops
    cells = (
        f'<span><i style="background:{stop.colour}"></i>{escape(stop.title[facts.language] if stop.title else f"{stop.value:g}")}</span>'
        for stop in stops
    )
    return f'<div class="key">{"".join(cells)}</div>'


def series(facts: Facts) -> str:
    """Flooded area over time under its rain; with gauges asked for, their depths too."""
    rows, say = facts.of("flood_series"), facts.say
    if not rows:
        return ""
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["place_kind"], row["place"]].append(row)
    minutes_word = say("分钟", "minutes")
    parts = []
    city = next((found for (kind, _), found in grouped.items() if kind == "city"), [])
    if len(city) > 1:
        line = ("", [row["minute"] for row in city], [row["flooded_area_m2"] / 1e6 for row in city])
        chart = charts.over_time(
            [line], "km²", minutes_word, filled=True, rain=rain_of(facts.inputs), rain_word="mm/h"
        )
        parts.append(box(say("淹没面积与雨强过程", "Flooded area and rain over time"), chart))
    for kind, value, title, unit in (
        ("gauge", "depth", say("监测点水深过程", "Depth at the gauges"), "m"),
        ("section", "discharge", say("断面流量过程", "Discharge through the sections"), "m³/s"),
    ):
        lines = [
            (place, [row["minute"] for row in found], [row[value] or 0.0 for row in found])
            for (its, place), found in grouped.items()
            if its == kind
        ][:MOST_LINES]
        if lines:
            parts.append(box(title, charts.over_time(lines, unit, minutes_word) + charts.legend(lines)))
    return "".join(parts)


def land_use(facts: Facts) -> str:
    """Flooded area by first-level class of land use."""
    rows = facts.of("flood_land_use")
    if not rows:
        return ""
    total: dict[str, float] = defaultdict(float)
    for row in rows:
        if not row["land_use"].startswith("17"):
            total[row["land_use"][:2]] += row["flooded_area_m2"]
    terms = facts.catalog.vocabularies["land_use_2023"].terms
    largest = sorted(total.items(), key=lambda one: -one[1])[:7]
    listed = [
        (facts.term("land_use_2023", code), area, f"{area / 1e4:.1f}", "#5b8fb9" if code not in terms else terms[code].colour or "#5b8fb9")
        for code, area in largest
    ]  # fmt: skip
    return box(facts.say("受淹用地（公顷）", "Flooded land use (ha)"), charts.bars(listed))


def buildings(facts: Facts) -> str:
    """Flooded buildings by use."""
    rows, say = facts.of("flood_building"), facts.say
    if rows is None:
        return ""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["use"] or "other"].append(row)
    largest = sorted(grouped.items(), key=lambda one: -len(one[1]))[:6]
    body = [
        (
            escape(facts.term("building_use", use)),
            number(len(found)),
            number(sum(row["depth"] >= 0.5 for row in found)),
            number(max(row["depth"] for row in found), 2),
            f"{100 * sum(row['damage_ratio'] or 0 for row in found) / len(found):.1f}%",
        )
        for use, found in largest
    ]
    heads = (
        say("用途", "use"),
        say("栋", "flooded"),
        "≥0.5 m",
        say("最深 m", "max m"),
        say("平均损失率", "mean loss"),
    )
    return box(say("受淹建筑", "Flooded buildings"), table(heads, body, "lrrrr"))


def roads(facts: Facts) -> str:
    """Roads closed to cars for the longest time, by name, and closed links by class of vehicle."""
    rows, say = facts.of("flood_road"), facts.say
    if rows is None:
        return ""
    named: dict[str, Row] = {}
    for row in rows:
        if row["name"] and row["closed_min"] and row["name"] not in named:
            named[row["name"]] = row
    body = [
        (escape(name), escape(facts.term("road_class", row["class"])), number(row["depth"], 2), number(row["closed_min"]))
        for name, row in list(named.items())[:6]
    ]  # fmt: skip
    heads = (
        say("道路", "road"),
        say("等级", "class"),
        say("水深 m", "depth m"),
        say("中断 min", "closed min"),
    )
    closed = facts.outputs.get("closed_by_vehicle") or {}
    note = "；" if facts.language == "zh" else "; "
    order = [name for name in facts.catalog.vocabularies["vehicle_class"].terms if name in closed]
    told = note.join(f"{facts.term('vehicle_class', name)} {closed[name]}" for name in order)
    return box(
        say("道路中断（小型客车）", "Roads closed (small cars)"),
        table(heads, body, "llrr"),
        say("中断路段数：", "Links closed: ") + escape(told),
    )


def facilities(facts: Facts) -> str:
    """The facilities in the deepest water."""
    rows, say = facts.of("flood_facility"), facts.say
    if rows is None:
        return ""
    body = [
        (
            escape(row["name"] or ""),
            escape(facts.term("facility_kind", row["kind"])),
            number(row["depth"], 2),
            number(row["arrival_min"]),
        )
        for row in rows[:6]
    ]
    heads = (
        say("设施", "facility"),
        say("类型", "kind"),
        say("水深 m", "depth m"),
        say("到达 min", "after min"),
    )
    return box(say("受淹公共设施", "Flooded public facilities"), table(heads, body, "llrr"))


def balance(facts: Facts) -> str:
    """Where the water came from and went, as one bar."""
    out, say = facts.outputs, facts.say
    came = out.get("rain_m3", 0.0) + out.get("inflow_m3", 0.0)
    gone = (
        (say("下渗与管网", "soil and sewers"), out.get("infiltration_m3", 0.0), "#8fb996"),
        (say("边界出流", "over the edges"), out.get("outflow_m3", 0.0), "#e0a96d"),
        (say("终了蓄水", "stored at the end"), out.get("storage_m3", 0.0), "#4f86b8"),
    )
    whole = sum(value for _, value, _ in gone) or 1.0
    strip = "".join(
        f'<i style="width:{100 * value / whole:.2f}%;background:{shade}"></i>' for _, value, shade in gone
    )
    key = "".join(
        f'<span><i style="background:{shade}"></i>{escape(word)} {value / 1e4:,.1f}</span>'
        for word, value, shade in gone
    )
    head = say(
        f"来水 {came / 1e4:,.1f} 万 m³（降雨 {out.get('rain_m3', 0.0) / 1e4:,.1f}，入流 {out.get('inflow_m3', 0.0) / 1e4:,.1f}）",
        f"{came / 1e4:,.1f} x 10⁴ m³ came (rain {out.get('rain_m3', 0.0) / 1e4:,.1f}, inflow {out.get('inflow_m3', 0.0) / 1e4:,.1f})",
    )
    error = say("平衡误差", "error")
    body = f'<p class="note">{head}</p><div class="strip">{strip}</div>'
    body += f'<div class="key">{key}<span>{error} {out.get("mass_error", 0.0):.1e}</span></div>'
    return box(say("水量平衡（万 m³）", "Water account (10⁴ m³)"), body)
