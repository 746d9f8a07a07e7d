"""The tiles' own SQL through ``pgbench``: the same statements, role and transaction, one list, no server before it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from pwd import struct_passwd
from typing import Any

import psycopg
from psycopg import sql

from bench.service import Service
from twin.catalog.spec import Layer
from twin.store import programs, tiles

Address = tuple[int, int, int]

_PROLOGUE = (
    "SELECT set_config('role', 'twin_anonymous', true), set_config('twin.actor', '', true),"
    " set_config('statement_timeout', '2000', true), kind, z, x, y, budget, smallest, unit"
    " FROM bench.tile WHERE i = :i \\gset\n"
)
_OPTIONS = "-c timezone=UTC -c max_parallel_workers_per_gather=0 -c jit=off"


@dataclass(frozen=True, slots=True)
class Asked:
    """The statement that makes a tile in the end, and how many it took to find it."""

    text: str
    values: dict[str, object]
    tries: int


def asked(conn: psycopg.Connection, layer: Layer, columns: tuple[str, ...], address: Address) -> Asked:
    """What ``twin.store.tiles`` ends up asking for a tile: the budget that fits, known beforehand."""
    request = tiles.ask(layer, *address, None, columns)
    assert request is not None
    tries = 1
    while True:
        found = request.judge(conn.execute(request.text, request.values).fetchone())
        if isinstance(found, tiles.Tile):
            return Asked(request.text.decode(), request.values, tries)
        request, tries = found, tries + 1


def prepare(conn: psycopg.Connection, name: str, wanted: Sequence[tuple[Address, Asked]]) -> str:
    """The list as a table that ``pgbench`` reads, and the script that makes the tiles of it one after the other."""
    texts = list(dict.fromkeys(one.text for _, one in wanted))
    conn.execute("CREATE SCHEMA IF NOT EXISTS bench")
    conn.execute("GRANT USAGE ON SCHEMA bench TO twin_login")
    conn.execute("DROP TABLE IF EXISTS bench.tile")
    conn.execute(
        "CREATE TABLE bench.tile (i int PRIMARY KEY, kind int, z int, x int, y int, budget bigint,"
        " smallest float8, unit float8)"
    )
    conn.execute("GRANT SELECT ON bench.tile TO twin_login")
    with conn.cursor() as cursor, cursor.copy("COPY bench.tile FROM STDIN") as copy:
        for number, (address, one) in enumerate(wanted):
            more = [one.values["budget"], one.values.get("smallest", 0.0), one.values.get("unit", 0.0)]
            copy.write_row([number, texts.index(one.text), *address, *more])
    conn.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("bench", "tile")))
    lines = ["\\set i :i + :step\n", "BEGIN READ ONLY;\n", _PROLOGUE]
    for number, text in enumerate(texts):
        lines.append(f"\\{'if' if number == 0 else 'elif'} :kind = {number}\n{_inline(text)};\n")
    return "".join([*lines, "\\endif\n", "COMMIT;\n"])


def _inline(text: str) -> str:
    """One line, ``:name`` for ``%(name)s``, no comments."""
    bare = " ".join(line for line in text.splitlines() if not line.startswith("--"))
    return re.sub(r"%\((\w+)\)s", r":\1", bare)


def pgbench(service: Service, script: str, count: int, clients: int) -> tuple[float, list[float]]:
    """Tiles a second and the seconds of each. Client k of n takes k, k+n, ..., as the HTTP clients do."""
    folder = Path(tempfile.mkdtemp(prefix="twin-pgbench-"))
    user = programs.unprivileged()
    runs = []
    try:
        for number in range(clients):
            own = folder / str(number)
            own.mkdir()
            (own / "script").write_text(script)
            if user is not None:
                for path in (folder, own, own / "script"):
                    shutil.chown(path, user.pw_uid, user.pw_gid)
            mine = len(range(number, count, clients))
            runs.append(_start(service, own, number - clients, clients, mine, user))
        rate = 0.0
        for run in runs:
            said, wrong = run.communicate(timeout=300)
            found = re.search(r"tps = ([\d.]+) \(without", said)
            if run.returncode or not found or wrong.strip():
                raise RuntimeError(f"pgbench: {said} {wrong}")
            rate += float(found[1])
        logs = [line.split() for log in folder.glob("*/log.*") for line in log.read_text().splitlines()]
        return rate, [int(fields[2]) / 1e6 for fields in logs]
    finally:
        shutil.rmtree(folder)


def _start(
    service: Service, folder: Path, first: int, step: int, count: int, user: struct_passwd | None
) -> subprocess.Popen[str]:
    command = [programs.choose().path("pgbench"), "-n", "-M", "prepared", "-c", "1", "-t", str(count)]
    command += ["-f", str(folder / "script"), "-D", f"i={first}", "-D", f"step={step}", "-l"]
    command += [
        "--log-prefix",
        str(folder / "log"),
        "-h",
        str(service.cluster.socket),
        "-U",
        "twin_login",
        "twin",
    ]
    who: dict[str, Any] = {}
    if user is not None:
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return subprocess.Popen(
        command,
        cwd=folder,
        env={"PGOPTIONS": _OPTIONS, "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **who,
    )
