"""Numba with one set of options for the traffic engines: strict IEEE arithmetic, no threads, kept between starts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import numba

_FOLDER = Path(__file__).parent


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Compile in nopython mode at the first call, cached on disk; infinite numbers keep their meaning."""
    return _stamped(function, {})


def merged[F: Callable[..., Any]](function: F) -> F:
    """The same, copied into its callers: a call that hands over tuples of arrays costs more than most bodies."""
    return _stamped(function, {"inline": "always"})


def _stamped[F: Callable[..., Any]](function: F, options: dict[str, Any]) -> F:
    dispatcher = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    file: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if hasattr(file, "_source_stamp"):
        file._source_stamp = (file._source_stamp, _sources())
    return cast(F, dispatcher)


@cache
def _sources() -> str:
    """Digest of the shared compiled sources: numba's own stamp is blind to a change in a function that is called."""
    digest = hashlib.sha256()
    shared = [_FOLDER / "jit.py", _FOLDER / "paths.py", _FOLDER / "signals" / "platoon.py"]
    for path in sorted([*shared, *(_FOLDER / "assignment").glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()
