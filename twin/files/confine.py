"""The walls of the reader child: what it may use, reach and see. Called in the child before GDAL is imported.

Limits (rlimit), no network (a network namespace of its own with nothing in it), no files but the given ones
(Landlock, Linux 5.13+), no new privileges, dead with its parent. Where the kernel or the user's rights do not
offer a wall, the next ones still stand: GDAL's own network and indirection drivers are off in any case.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Drivers that follow a reference in the file to other files or hosts, or that need a server (measured).
DENIED_DRIVERS = """VRT OGR_VRT GTI GDALG DERIVED WMS WMTS WCS HTTP STACIT STACTA PLMOSAIC PLSCENES EEDA EEDAI
DAAS OGCAPI OAPIF WFS CSW ADBC Carto Elasticsearch NGW AmigoCloud PostgreSQL PostGISRaster MySQL ODBC PGDUMP GMLAS
GeoRSS TileJSON MVT AVCE00"""
# The rest of the vector drivers of the wheel: off, since none of our formats needs them.
OTHER_DRIVERS = """PCIDSK PDS4 VICAR PDF MBTiles MapInfo-File LVBAG S57 DGN CSV GML GPX LIBKML KML GeoJSONSeq ESRIJSON
TopoJSON OGR_GMT SQLite WAsP OpenFileGDB DXF VFK OSM GPSBabel OGR_PDS EDIGEO Idrisi ODS XLSX SXF Selafin JML VDV
MapML GTFS PMTiles JSONFG MiraMonVector AVCBin AIVector"""
FORMAT_DRIVERS = ("GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: address space and file size in bytes, CPU and idle wait in seconds."""

    memory: int = 4 * 1024**3
    written: int = 8 * 1024**3
    cpu_s: int = 1800
    wait_s: float = 120.0
    open_files: int = 128


def driver_environment(keep: str | None) -> dict[str, str]:
    """The GDAL settings to stand before GDAL is loaded; of the vector drivers only ``keep`` stays on."""
    others = [name.replace("-", " ") for name in OTHER_DRIVERS.split()]
    names = ",".join([*DENIED_DRIVERS.split(), *others, *(d for d in FORMAT_DRIVERS if d != keep)])
    return {
        "GDAL_SKIP": names,
        "OGR_SKIP": names,
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_HTTP_TIMEOUT": "1",
        "OGR_ARROW_MEM_LIMIT": str(32 * 1024 * 1024),
        "OGR_GEOJSON_MAX_OBJ_SIZE": "64",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OGR_SQLITE_CACHE": "64",
        "GDAL_CACHEMAX": "128",
        "PROJ_NETWORK": "OFF",
    }


def limit(limits: Limits) -> None:
    """Caps on memory, CPU, open files and written bytes; no core dump; killed when the parent dies."""
    wanted = {
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_FSIZE: limits.written,
        resource.RLIMIT_CORE: 0,
    }
    for which, value in wanted.items():
        _, hard = resource.getrlimit(which)
        cap = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (cap, cap))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS


def leave_network() -> bool:
    """Move into a network namespace with nothing in it; False where the system does not allow it."""
    if not hasattr(os, "unshare"):
        return False
    for flags in (os.CLONE_NEWNET, os.CLONE_NEWUSER | os.CLONE_NEWNET):
        with contextlib.suppress(OSError):
            os.unshare(flags)
            return True
    return False


# Landlock (linux/landlock.h): rights over files, by ABI version
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def hide_files(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """From here on only these (and Python's own files) open; False where the kernel has no Landlock."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    every = _ALL[max(v for v in _ALL if v <= version)]
    rules = _Ruleset(every, 3 if version >= 4 else 0)  # and no TCP bind or connect
    size = 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    for path in (*_own_files(), *readable):
        _allow(libc, ruleset, path, _READ | _LIST | _EXECUTE)
    for path in writable:
        _allow(libc, ruleset, path, every)
    done = bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    os.close(ruleset)
    return done


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not path.is_dir():
        access &= _EXECUTE | _WRITE | _READ
    rule = _Beneath(access, handle)
    libc.syscall(_ADD_RULE, ruleset, 1, ctypes.byref(rule), 0)
    os.close(handle)


_LIBRARIES = """/usr/lib /usr/lib64 /lib /lib64 /usr/share/zoneinfo /etc/ld.so.cache /etc/localtime /dev/null
/dev/urandom /proc/meminfo /proc/cpuinfo /sys/devices/system/cpu"""


def _own_files() -> list[Path]:
    """What Python and the libraries read while they run."""
    own = [Path(sys.prefix), Path(sys.base_prefix), Path(__file__).resolve().parent.parent]
    return [*own, *(Path(name) for name in _LIBRARIES.split())]
