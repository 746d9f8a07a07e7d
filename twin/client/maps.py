"""Maps of rows and rasters in their layer's own colours, with Chinese type where a font is found."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from matplotlib import colors, font_manager, pyplot
from matplotlib.patches import Patch

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

# Of a collection, matplotlib takes the first face: the Japanese one of Noto, which has the Chinese characters too.
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK JP",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC",
    "Noto Serif CJK SC", "Noto Serif CJK JP", "Droid Sans Fallback",
)  # fmt: skip
CHINESE_FILES = (
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "wqy",
    "msyh",
    "simhei",
    "pingfang",
    "notoserifcjk",
)
MOST_IN_LEGEND = 20


def draw(
    shown: gpd.GeoDataFrame | xr.DataArray,
    told: dict[str, Any],
    *,
    ax: Axes | None,
    title: str | None,
    legend: bool,
) -> Axes:
    """Draw rows or a raster on equal axes; ``told`` is what the service says of the layer."""
    # made outside: the first figure chooses the backend, which the context would undo
    axes = ax if ax is not None else pyplot.subplots(figsize=(8, 7), layout="constrained")[1]
    with pyplot.rc_context({"font.family": _fonts(), "axes.unicode_minus": False}):
        if isinstance(shown, gpd.GeoDataFrame):
            _draw_rows(shown, told, axes, legend=legend)
        else:
            _draw_raster(shown, told, axes, legend=legend)
        axes.set_title(title if title is not None else told["title"], fontfamily=_fonts())
        axes.set_axis_off()
    return axes


def has_chinese_type() -> bool:
    """Whether a font of this machine can write Chinese; without one a map is better told in English than in boxes."""
    return len(_fonts()) > 1


@cache
def _fonts() -> list[str]:
    if not _chinese():  # the list is made once a machine: fonts may have come since
        for path in font_manager.findSystemFonts():
            if Path(path).stem.lower().startswith(CHINESE_FILES):
                font_manager.fontManager.addfont(path)
    return [*_chinese(), "DejaVu Sans"]


def _chinese() -> list[str]:
    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in CHINESE_FONTS if name in there]


def _draw_rows(frame: gpd.GeoDataFrame, told: dict[str, Any], axes: Axes, *, legend: bool) -> None:
    style = told["style"]
    look = {"ax": axes, "linewidth": _widths(frame, style), "alpha": style["opacity"], "markersize": 6}
    column = style["colour_by"]
    shown = column if column in frame else frame.attrs["titles"].get(column)
    legends = _classes(style) if shown in frame else {}
    if not legends:
        frame.plot(color=style["colour"], **look)
        return
    values = frame[shown].astype("object")
    classes = values if style.get("terms") else values.map(lambda value: _class_of(value, style["stops"]))
    frame.plot(color=[legends.get(name, (style["colour"],))[0] for name in classes], **look)
    if legend:
        present = [name for name in legends if name in set(classes.dropna())][:MOST_IN_LEGEND]
        patches = [Patch(color=legends[name][0], label=legends[name][1]) for name in present]
        axes.legend(handles=patches, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _widths(frame: gpd.GeoDataFrame, style: dict[str, Any]) -> Any:
    """Half the pixels that the map draws at zoom 15: one number, or one a row where a column says how wide lines are."""
    column = style.get("width_by")
    shown = column if column in frame else frame.attrs["titles"].get(column)
    if shown not in frame or not style["widths"]:
        return style["width"] / 2
    values = [step["value"] for step in style["widths"]]
    return np.interp(
        frame[shown].astype(float).fillna(0.0), values, [step["width"] / 2 for step in style["widths"]]
    )


def _classes(style: dict[str, Any]) -> dict[Any, tuple[str, str]]:
    """Colour and title of each class: the terms of a vocabulary, or the steps of a number."""
    if style.get("terms"):
        return {
            code: (term["colour"] or style["colour"], term["title"]) for code, term in style["terms"].items()
        }
    return {
        stop["value"]: (stop["colour"], stop["title"] or f">= {stop['value']:g}") for stop in style["stops"]
    }


def _class_of(value: Any, stops: list[dict[str, Any]]) -> float | None:
    reached = [stop["value"] for stop in stops if value is not None and value >= stop["value"]]
    return max(reached) if reached else None


def _draw_raster(array: xr.DataArray, told: dict[str, Any], axes: Axes, *, legend: bool) -> None:
    stops = told["style"]["stops"]
    if len(stops) < 2:
        array.plot.imshow(ax=axes, add_colorbar=legend, add_labels=False)
    else:
        levels = [stop["value"] for stop in stops]
        shades = colors.ListedColormap([stop["colour"] for stop in stops])
        # From the last stop on there is one colour: the scale ends a step beyond it.
        step = levels[-1] - levels[-2]
        norm = colors.BoundaryNorm([*levels, levels[-1] + step], shades.N)
        # into the middle of the last class: a float32 of the stop itself may lie below it
        dry = array.where(array >= levels[0]).clip(max=levels[-1] + 0.5 * step)
        picture = dry.plot.imshow(ax=axes, cmap=shades, norm=norm, add_colorbar=False, add_labels=False)
        if legend:
            # the first step of a difference stands for all below it
            told_levels = levels[1:] if levels[0] < 0 else levels
            bar = axes.figure.colorbar(picture, ax=axes, ticks=told_levels, shrink=0.7)
            bar.set_label(f"{told['title']} ({told['unit']})")
    axes.set_aspect("equal")
