"""The private PostgreSQL + PostGIS cluster of ``twin up`` and of the tests.

Unix sockets only, in a folder that its user alone may enter; who comes in is decided by the operating system's
user (``peer``), never by trust. Root drops to an unprivileged user, because PostgreSQL refuses root.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from twin.errors import TwinError
from twin.store import cluster_files, programs
from twin.store.queryfile import composed, query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pwd import struct_passwd

_SOCKET_LIMIT = 107  # bytes of a socket's path, sun_path of the kernel
_DATABASE = "twin"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A private cluster under ``home``: ``postgres/`` holds its data, ``postgres.log`` what it says.

    ``fsync=False`` is for tests: fast, and lost in a power cut.
    """

    home: Path
    fsync: bool = True

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def socket(self) -> Path:
        """The folder of the socket: in the home, or a short owner-only one where the path would be too long."""
        near = self.home / "socket"
        if len(os.fsencode(near / f".s.PGSQL.{cluster_files.PORT}.lock")) <= _SOCKET_LIMIT:
            return near
        mark = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        base = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", tempfile.gettempdir())
        return Path(base) / f"twin-{mark}"

    @property
    def pid(self) -> int | None:
        """The process id of the running server, or ``None``."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError):
            return None
        return pid if Path(lines[1]) == self.data and _is_postgres(pid) else None

    @property
    def running(self) -> bool:
        return self.pid is not None

    def url(self, user: str = cluster_files.LOGIN, database: str = _DATABASE) -> str:
        """A libpq URL over the socket, for ``user`` (``twin_login``, ``twin_owner``)."""
        place = urlencode({"host": str(self.socket), "port": cluster_files.PORT}, quote_via=quote, safe="")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?{place}"

    def start(self) -> None:
        """Start the server if it does not run. Raises TWIN-604 with PostgreSQL's own words when it does not start."""
        if self.running:
            return
        user = programs.unprivileged()
        _clear_stale_locks(self.data, self.socket)
        _own_folder(self.socket, user)
        cluster_files.write(self.data, self.socket, fsync=self.fsync)
        log = self.home / "postgres.log"
        log.touch(mode=0o600)
        _give(log, user)
        chosen = programs.choose(int((self.data / "PG_VERSION").read_text()))
        start = [
            chosen.path("pg_ctl"),
            "start",
            "--wait",
            "--timeout=60",
            "--silent",
            f"--pgdata={self.data}",
        ]
        try:
            programs.run([*start, f"--log={log}"], user, self.data)
        except TwinError as error:
            said = " ".join(log.read_text(errors="replace").split())[-600:]
            raise TwinError(
                "TWIN-604", f"PostgreSQL 未能启动：{said}", f"PostgreSQL did not start: {said}", status=503
            ) from error

    def stop(self, timeout_s: float = 30.0, *, at_once: bool = False) -> None:
        """Stop the server by its recorded process id; open transactions are rolled back. ``at_once`` leaves the tidying
        to the next start, for a cluster that has none."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGQUIT if at_once else signal.SIGINT)
        deadline = time.monotonic() + timeout_s
        while self.pid is not None:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGQUIT)
                deadline = time.monotonic() + timeout_s
            time.sleep(0.02)


def ensure_cluster(home: Path, *, fsync: bool = True) -> Cluster:
    """The running cluster of ``home``: made if there is none, started if it stands still.

    Holds a lock file meanwhile, so that two commands at once make one cluster. The database ``twin`` with PostGIS
    and the roles ``twin_owner`` and ``twin_login`` exist afterwards; tables are ``twin.store.migrate``'s.
    Raises TWIN-601..605.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    user = programs.unprivileged()
    _check_parents(home, user)
    cluster = Cluster(home, fsync)
    with _locked(home / "cluster.lock"):
        if not (cluster.data / "PG_VERSION").exists():
            _initialise(cluster, user)
        cluster.start()
        _prepare(cluster)
    return cluster


def create_database(cluster: Cluster, name: str) -> None:
    """An empty database with PostGIS, owned by ``twin_owner``."""
    with psycopg.connect(cluster.url(cluster_files.SUPERUSER, "postgres"), autocommit=True) as conn:
        _create_database(conn, name)


def drop_database(cluster: Cluster, name: str) -> None:
    """Drop a database and disconnect whoever is in it."""
    with psycopg.connect(cluster.url(cluster_files.SUPERUSER, "postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _initialise(cluster: Cluster, user: struct_passwd | None) -> None:
    # Made beside its place and moved there whole: a killed initdb leaves no half cluster behind.
    fresh = cluster.home / "postgres.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    _own_folder(fresh, user)
    arguments = [
        programs.choose().path("initdb"),
        f"--pgdata={fresh}",
        f"--username={cluster_files.SUPERUSER}",
    ]
    arguments += ["--encoding=UTF8", "--locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"]
    arguments += ["--no-instructions", *([] if cluster.fsync else ["--no-sync"])]
    programs.run(arguments, user, cluster.home)
    fresh.rename(cluster.data)


def _prepare(cluster: Cluster) -> None:
    """Roles, PostGIS in the template (so that every database has it, with the LEAKPROOF mark) and the database."""
    with psycopg.connect(cluster.url(cluster_files.SUPERUSER, "postgres"), autocommit=True) as conn:
        if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone():
            _mark(cluster, _DATABASE)
            return
        if not conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [cluster_files.OWNER]).fetchone():
            conn.execute(composed("cluster", "roles"))
        with psycopg.connect(cluster.url(cluster_files.SUPERUSER, "template1"), autocommit=True) as template:
            template.execute(composed("cluster", "template"))
        _create_database(conn, _DATABASE)


def _mark(cluster: Cluster, database: str) -> None:
    """A restore from a dump loses the mark that lets row security use the spatial index."""
    with psycopg.connect(cluster.url(cluster_files.SUPERUSER, database), autocommit=True) as conn:
        if conn.execute(query("cluster", "unmarked")).fetchone():
            conn.execute(query("cluster", "mark"))


def _create_database(conn: psycopg.Connection, name: str) -> None:
    text = sql.SQL("CREATE DATABASE {} OWNER {}")
    conn.execute(text.format(sql.Identifier(name), sql.Identifier(cluster_files.OWNER)))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _own_folder(path: Path, user: struct_passwd | None) -> None:
    """A folder that only the cluster's user may enter; refuses one that somebody else put there."""
    path.mkdir(mode=0o700, exist_ok=True)
    there = path.lstat()
    allowed = {os.geteuid()} | ({user.pw_uid} if user else set())
    if not stat.S_ISDIR(there.st_mode) or there.st_uid not in allowed:
        raise TwinError(
            "TWIN-605",
            f"{path} 属于他人：请移走它",
            f"{path} belongs to somebody else: remove it",
            status=503,
        )
    path.chmod(0o700)
    _give(path, user)


def _give(path: Path, user: struct_passwd | None) -> None:
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _check_parents(home: Path, user: struct_passwd | None) -> None:
    """The unprivileged user must be able to enter every folder on the way."""
    if user is None:
        return
    for folder in (home, *home.parents):
        there = folder.stat()
        if not (
            there.st_mode & stat.S_IXOTH or (there.st_uid == user.pw_uid and there.st_mode & stat.S_IXUSR)
        ):
            raise TwinError(
                "TWIN-605",
                f"用户 {user.pw_name} 无法进入 {folder}：请执行 chmod o+x {folder}，或把 TWIN_HOME 设到别处",
                f"the user {user.pw_name} may not enter {folder}: run chmod o+x {folder}, or set TWIN_HOME elsewhere",
                status=503,
            )


def _clear_stale_locks(data: Path, socket: Path, timeout_s: float = 15.0) -> None:
    """Remove the locks of a server that was killed and that nobody buried: in a container whose first process collects
    no children, its process id stays taken for ever, and PostgreSQL would not start. Waits first until no process
    of that server is left (they end by themselves when they miss it)."""
    lock = data / "postmaster.pid"
    if not lock.exists() or not Path("/proc").is_dir():
        return
    deadline = time.monotonic() + timeout_s
    while _at_work_in(data):
        if time.monotonic() > deadline:
            return  # PostgreSQL itself says what stands in the way
        time.sleep(0.05)
    for name in (
        lock,
        socket / f".s.PGSQL.{cluster_files.PORT}.lock",
        socket / f".s.PGSQL.{cluster_files.PORT}",
    ):
        name.unlink(missing_ok=True)


def _at_work_in(data: Path) -> bool:
    """Whether a live process has the data folder as its working folder, as every process of a server has."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.joinpath("cwd").readlink() == data:
                return True
    return False


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc").is_dir()
