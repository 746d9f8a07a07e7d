"""Numba with one set of options for the whole engine, typed for a strict checker.

``error_model="numpy"`` is what lets LLVM vectorise (no branch for a division by zero). The fast-math flags leave
``reassoc`` out on purpose: the depth update is a compensated sum, and re-association would cancel it away.
"""

from __future__ import annotations

import hashlib
import os
import types as pytypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

# Threads that wait must sleep soon: the library's default is to spin, which on a busy machine stops the others
# (measured: 4 times the CPU time, 5 times the wall time). Read when the OpenMP library is loaded, at the first run.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

SAFE_FASTMATH = frozenset({"nnan", "ninf", "nsz", "arcp", "contract", "afn"})


_COMPILED = ("jit", "layout", "state", "kernel", "losses", "tracking", "tiles", "edges", "points", "stepping", "riemann", "shallow_kernel",
             "shallow_edges", "shallow_stepping")  # fmt: skip
_IMPLICIT = ("comprehension", "reduction", "inplace_binop", "setitem", "numpy", "stencil", "fusion")


def jit(
    *, fastmath: bool = False, parallel: bool = False, inline: bool = False, merge: bool = False
) -> Callable[[F], F]:
    """Compile in nopython mode, cached between starts; ``fastmath`` allows re-association as well.

    ``inline`` copies the function into its callers before types are found, ``merge`` after: quicker to compile.
    """
    options: dict[str, Any] = {
        "cache": True,
        "nogil": True,
        "error_model": "numpy",
        "fastmath": True if fastmath else set(SAFE_FASTMATH),
        # explicit prange only; fusing two of them would remove the barrier between phases
        "parallel": dict.fromkeys(_IMPLICIT, False) | {"prange": True} if parallel else False,
    }
    if inline:
        options["inline"] = "always"
    if merge:
        options["forceinline"] = True
    compiler = numba.njit(**options)

    def compiled(function: F) -> F:
        dispatcher = compiler(function)
        file: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
        if hasattr(file, "_source_stamp"):
            file._source_stamp = (file._source_stamp, _sources())
        return cast(F, dispatcher)

    return compiled


@cache
def _sources() -> str:
    """Digest of the compiled sources: numba's own stamp is blind to a change in a function that is called."""
    digest = hashlib.sha256()
    for name in _COMPILED:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()


def renamed[G: Callable[..., Any]](function: G, name: str) -> G:
    """Copy of a plain function under another name, so that a second compilation has its own cache entry."""
    copy = pytypes.FunctionType(
        function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
    )
    copy.__module__ = function.__module__
    copy.__qualname__ = name
    return cast(G, copy)


def _bits_of(typingctx: Any, x: Any) -> Any:
    out = types.int32 if x == types.float32 else types.int64

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32 if x == types.float32 else 64))

    return out(x), codegen


def _float_of(typingctx: Any, i: Any) -> Any:
    out = types.float32 if i == types.int32 else types.float64

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType() if i == types.int32 else ir.DoubleType())

    return out(i), codegen


bits_of = cast(Callable[[Any], Any], intrinsic(_bits_of))
"""The bit pattern of a float as an integer of the same width: non-negative floats order as these do."""

float_of = cast(Callable[[Any], Any], intrinsic(_float_of))
"""The float with the bit pattern of an integer of the same width."""
