"""The PostgreSQL programs of this machine, and the unprivileged user they run as.

PostgreSQL refuses to run as root, so root drops to the user that the distribution's package made; anybody else
calls the programs directly.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNPRIVILEGED = ("postgres", "twin")
_PATHS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
_INSTALL = "apt-get install postgresql postgresql-postgis"


@dataclass(frozen=True, slots=True)
class Programs:
    """One PostgreSQL installation: its ``bin`` folder and its major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def installed() -> tuple[Programs, ...]:
    """Every installation with ``initdb`` and ``pg_ctl``, the newest first."""
    folders = [folder for pattern in _PATHS for folder in Path("/").glob(pattern.removeprefix("/"))]
    folders += _from_path()
    found: dict[int, Programs] = {}
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            major = _major(folder)
            found.setdefault(major, Programs(folder, major))
    return tuple(found[major] for major in sorted(found, reverse=True))


def choose(major: int | None = None) -> Programs:
    """The newest installation, or the one of a given major version.

    Raises TWIN-601 when there is none: the message carries the command that installs it.
    """
    found = installed()
    chosen = [programs for programs in found if major in (None, programs.major)]
    if chosen:
        return chosen[0]
    if found:
        have = ", ".join(str(programs.major) for programs in found)
        raise TwinError(
            "TWIN-602",
            f"数据目录由 PostgreSQL {major} 建立，本机只有 {have}：请安装 postgresql-{major} 与其 PostGIS，或用 pg_upgrade 升级",
            f"the data folder was made by PostgreSQL {major}, this machine has {have}: install postgresql-{major} "
            "with its PostGIS, or upgrade the folder with pg_upgrade",
            status=503,
        )
    raise TwinError(
        "TWIN-601",
        f"找不到 PostgreSQL 程序（initdb、pg_ctl）：请执行 {_INSTALL}",
        f"no PostgreSQL programs (initdb, pg_ctl) found: run {_INSTALL}",
        status=503,
    )


def unprivileged() -> pwd.struct_passwd | None:
    """The user that the programs run as; ``None`` means the current one. Raises TWIN-603 as root without such a user."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise TwinError(
        "TWIN-603",
        "以 root 运行时需要非特权用户 postgres：请执行 adduser --system --group postgres",
        "run as root, an unprivileged user postgres is needed: run adduser --system --group postgres",
        status=503,
    )


def run(arguments: Sequence[str], user: pwd.struct_passwd | None, folder: Path) -> None:
    """Run one program as ``user`` in ``folder``; raises TWIN-604 with the end of what it said when it fails."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": user.pw_dir if user else os.environ.get("HOME", "/"),
    }
    # Output goes to a file: the server that pg_ctl leaves behind would keep a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=os.getgrouplist(user.pw_name, user.pw_gid) if user else None,
        )
        output.seek(0)
        said = " ".join(output.read().decode(errors="replace").split())[-600:]
    if done.returncode:
        name = Path(arguments[0]).name
        raise TwinError(
            "TWIN-604", f"{name} 失败：{said}", f"{name} failed: {said}", status=503, where=str(folder)
        )


def _from_path() -> list[Path]:
    program = shutil.which("pg_config")
    if program is None:
        return []
    done = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)
    return [Path(done.stdout.strip())] if done.returncode == 0 and done.stdout.strip() else []


def _major(folder: Path) -> int:
    done = subprocess.run([folder / "initdb", "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"PostgreSQL\) (\d+)", done.stdout)
    return int(version[1]) if version else 0
