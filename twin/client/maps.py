"""Maps of rows and rasters in their layer's own colours, with Chinese type where a font is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
from matplotlib import colors, font_manager, pyplot
from matplotlib.patches import Patch

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Droid Sans Fallback",
)  # fmt: skip


def draw(
    shown: gpd.GeoDataFrame | xr.DataArray,
    told: dict[str, Any],
    *,
    ax: Axes | None,
    title: str | None,
    legend: bool,
) -> Axes:
    """Draw rows or a raster on equal axes; ``told`` is what the service says of the layer."""
    with pyplot.rc_context({"font.sans-serif": _fonts(), "axes.unicode_minus": False}):
        axes = ax if ax is not None else pyplot.subplots(figsize=(8, 7), layout="constrained")[1]
        if isinstance(shown, gpd.GeoDataFrame):
            _draw_rows(shown, told, axes, legend=legend)
        else:
            _draw_raster(shown, told, axes, legend=legend)
        axes.set_title(title if title is not None else told["title"])
        axes.set_axis_off()
    return axes


def _fonts() -> list[str]:
    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in CHINESE_FONTS if name in there] + ["DejaVu Sans"]


def _draw_rows(frame: gpd.GeoDataFrame, told: dict[str, Any], axes: Axes, *, legend: bool) -> None:
    style = told["style"]
    look = {"ax": axes, "linewidth": style["width"] / 2, "alpha": style["opacity"], "markersize": 6}
    column = style["colour_by"]
    shown = column if column in frame else frame.attrs["titles"].get(column)
    terms = style.get("terms") or {}
    if shown not in frame or not terms:
        frame.plot(color=style["colour"], **look)
        return
    codes = frame[shown].astype("object")
    paint = codes.map(lambda code: (terms.get(code) or {}).get("colour") or style["colour"])
    frame.plot(color=paint.tolist(), **look)
    if legend:
        present = [code for code in terms if code in set(codes.dropna())][:20]
        patches = [
            Patch(color=terms[code]["colour"] or style["colour"], label=terms[code]["title"])
            for code in present
        ]
        axes.legend(handles=patches, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _draw_raster(array: xr.DataArray, told: dict[str, Any], axes: Axes, *, legend: bool) -> None:
    stops = told["style"]["stops"]
    if len(stops) < 2:
        array.plot.imshow(ax=axes, add_colorbar=legend, add_labels=False)
    else:
        levels = [stop["value"] for stop in stops]
        shades = colors.ListedColormap([stop["colour"] for stop in stops])
        # From the last stop on there is one colour: the scale ends a step beyond it.
        norm = colors.BoundaryNorm([*levels, 2 * levels[-1] - levels[-2]], shades.N)
        dry = array.where(array >= levels[0]).clip(max=levels[-1])
        picture = dry.plot.imshow(ax=axes, cmap=shades, norm=norm, add_colorbar=False, add_labels=False)
        if legend:
            bar = axes.figure.colorbar(picture, ax=axes, ticks=levels, shrink=0.7)
            bar.set_label(f"{told['title']} ({told['unit']})")
    axes.set_aspect("equal")
