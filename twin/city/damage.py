"""What water does to buildings: depth-damage curves (``damage.toml``) and the share of value lost by them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

OTHERWISE = "residential"  # of a use that no curve names: the commonest


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of value lost (0..1) at depths (m) above the ground floor, straight between them, constant beyond.

    ``uses`` are the building uses it holds for; ``verified`` is false where the numbers were not yet compared with
    a second source.
    """

    name: str
    title: Text
    source: str
    verified: bool
    depth_m: tuple[float, ...]
    ratio: tuple[float, ...]
    uses: tuple[str, ...]

    def share(self, inside: NDArray[Any]) -> NDArray[np.float64]:
        """Share lost at depths (m) of any shape; 0 where no water stands above the floor."""
        found = np.interp(inside, self.depth_m, self.ratio)
        return np.where(np.asarray(inside) > 0, found, 0.0)


@cache
def curves() -> dict[str, Curve]:
    """The shipped curves by class of building."""
    rows = tomllib.loads(resources.files(__package__).joinpath("damage.toml").read_text(encoding="utf-8"))
    return {name: _curve(name, row) for name, row in rows.items()}


def _curve(name: str, row: dict[str, Any]) -> Curve:
    return Curve(
        name=name,
        title=Text.model_validate(row["title"]),
        source=str(row["source"]),
        verified=bool(row["verified"]),
        depth_m=tuple(float(value) for value in row["depth_m"]),
        ratio=tuple(float(value) for value in row["ratio"]),
        uses=tuple(row["uses"]),
    )


def classes(uses: Sequence[str | None], known: Mapping[str, Curve]) -> list[str]:
    """The class of building (a name in ``known``) of each use."""
    of = {use: name for name, curve in known.items() for use in curve.uses}
    return [of.get(use or "", OTHERWISE) for use in uses]


def inside_depth(
    outside: NDArray[Any], floor: Sequence[float | None], ground: Sequence[float | None], assumed: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Depth above the ground floor and that floor's height above the ground outside (both m, one each building).

    The floor's height is ``floor`` - ``ground`` (elevations, m) where both are known, never below 0, else
    ``assumed``.
    """
    height = np.array(
        [assumed if f is None or g is None else max(f - g, 0.0) for f, g in zip(floor, ground, strict=True)]
    )
    return np.maximum(np.asarray(outside, np.float64) - height, 0.0), height


def ratios(inside: NDArray[Any], of: Sequence[str], known: Mapping[str, Curve]) -> NDArray[np.float64]:
    """Share of value lost (0..1) of each building from its depth inside (m) and its class."""
    named = np.asarray(of, dtype=object)
    found = np.zeros(len(named))
    for name, curve in known.items():
        mine = named == name
        found[mine] = curve.share(np.asarray(inside)[mine])
    return found
