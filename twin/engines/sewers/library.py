"""EPA SWMM 5.2, called directly: the shared library inside the ``swmm-toolkit`` package.

Compiled loops reach its functions by symbols that are given to the linker here, so that one node's head costs a few
hundredths of a microsecond. The library keeps its network in global variables: one network a process.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite.binding as linker  # type: ignore[import-untyped]
import numba
import numpy as np
from numba import types

from twin.engines.sewers.problems import SewerEngineError

Array = Any
F = TypeVar("F", bound=Callable[..., None])

# the toolkit's numbers: kinds of result and property
INFLOW, OUTFLOW, VOLUME, DEPTH, HEAD, LATERAL = 0, 1, 3, 5, 6, 7
INVERT, FULL_DEPTH, SURCHARGE_DEPTH, POND_AREA = 0, 1, 2, 3
FLOW, LINK_DEPTH, LINK_VOLUME = 0, 1, 2
NODE, LINK = 2, 3
FOOT = 0.3048
# SWMM computes in feet and converts flows and SI volumes by constants of its own, rounded; with these its counters agree
PER_CFS = (1.0, 448.831, 0.64632, 0.02832, 28.317, 2.4466)  # one ft3/s in CFS, GPM, MGD, CMS, LPS, MLD
CUBIC_FOOT = (FOOT**3, 0.02832)  # m3 in US and in SI files


class NodeStats(ctypes.Structure):
    """Statistics of one node in the file's units; times in hours, as the toolkit hands them out."""

    _fields_ = tuple(
        (name, ctypes.c_double)
        for name in (
            "mean_depth", "max_depth", "max_depth_date", "max_report_depth", "flooded", "flooded_h", "surcharged_h",
            "courant_h", "lateral", "max_lateral", "max_inflow", "max_overflow", "max_ponded", "max_inflow_date",
            "max_overflow_date",
        )
    )  # fmt: skip


class LinkStats(ctypes.Structure):
    """Statistics of one link in the file's units; times in hours, as the toolkit hands them out."""

    _fields_ = (
        *((name, ctypes.c_double) for name in ("max_flow", "max_flow_date", "max_speed", "max_depth", "normal_h",
          "inlet_h", "surcharged_h", "full_up_h", "full_down_h", "full_h", "limited_h")),
        ("class_h", ctypes.c_double * 7),
        ("courant_h", ctypes.c_double),
        ("turns", ctypes.c_long),
        ("turn_sign", ctypes.c_int),
    )  # fmt: skip


class Totals(ctypes.Structure):
    """The network's water account; volumes in m3 or ft3, ``final`` always in ft3 (the toolkit does not convert it)."""

    _fields_ = tuple(
        (name, ctypes.c_double)
        for name in (
            "dry_weather", "wet_weather", "groundwater", "rdii", "external", "flooding", "outflow", "evaporation",
            "seepage", "reacted", "initial", "final", "error_percent",
        )
    )  # fmt: skip


@cache
def library() -> Any:
    """The loaded library, its functions typed and named to the linker.

    Raises `SewerEngineError` where the package is not installed.
    """
    found = importlib.util.find_spec("swmm.toolkit")
    places = list(found.submodule_search_locations or ()) if found else []
    files = [f for place in places for name in ("libswmm5.*", "swmm5.dll") for f in Path(place).glob(name)]
    if not files:
        raise SewerEngineError(
            "未安装 swmm-toolkit；请安装后重试。", "swmm-toolkit is not installed; install it."
        )
    loaded = ctypes.CDLL(str(files[0]))
    number, index, pointer = ctypes.c_double, ctypes.c_int, ctypes.POINTER
    loaded.swmm_setNodeInflow.argtypes = [index, number]
    loaded.swmm_setOutfallStage.argtypes = [index, number]
    loaded.swmm_setNodeParam.argtypes = [index, index, number]
    loaded.swmm_setLinkSetting.argtypes = [index, number]
    loaded.swmm_step.argtypes = [pointer(number)]
    loaded.swmm_getNodeStats.argtypes = [index, pointer(NodeStats)]
    loaded.swmm_getLinkStats.argtypes = [index, pointer(LinkStats)]
    loaded.swmm_getSystemRoutingTotals.argtypes = [pointer(Totals)]
    for name in ("swmm_getNodeResult", "swmm_getLinkResult", "swmm_setNodeInflow", "swmm_setOutfallStage"):
        linker.add_symbol(f"twin_{name}", ctypes.cast(getattr(loaded, name), ctypes.c_void_p).value)
    return loaded


compiled = cast(Callable[[F], F], numba.njit(cache=True, nogil=True, error_model="numpy"))
_read = types.int32(types.int32, types.int32, types.CPointer(types.float64))  # type: ignore[no-untyped-call]
_write = types.int32(types.int32, types.float64)
_node_result: Any = types.ExternalFunction("twin_swmm_getNodeResult", _read)
_link_result: Any = types.ExternalFunction("twin_swmm_getLinkResult", _read)
_node_inflow: Any = types.ExternalFunction("twin_swmm_setNodeInflow", _write)
_outfall_stage: Any = types.ExternalFunction("twin_swmm_setOutfallStage", _write)


@compiled
def read_nodes(index: Array, kind: int, scale: float, out: Array) -> None:
    """A result of each node times ``scale`` (m or m3/s in one of the file's units)."""
    box = np.zeros(1)
    for i in range(index.size):
        _node_result(index[i], kind, box.ctypes)
        out[i] = box[0] * scale


@compiled
def read_links(index: Array, kind: int, scale: float, out: Array) -> None:
    """A result of each link times ``scale``."""
    box = np.zeros(1)
    for i in range(index.size):
        _link_result(index[i], kind, box.ctypes)
        out[i] = box[0] * scale


@compiled
def write_inflows(index: Array, flow: Array, scale: float) -> None:
    """Set the lateral inflow (m3/s) of each node, held until set again."""
    for i in range(index.size):
        _node_inflow(index[i], flow[i] * scale)


@compiled
def write_stages(index: Array, level: Array, scale: float) -> None:
    """Set the water level (m) outside each outfall, held until set again; NaN leaves it as it is."""
    for i in range(index.size):
        if level[i] == level[i]:
            _outfall_stage(index[i], level[i] * scale)
