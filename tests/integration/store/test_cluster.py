"""The private cluster: made, started, stopped, closed to others."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from twin.errors import TwinError
from twin.store import cluster_files, programs
from twin.store.cluster import Cluster, create_database, drop_database, ensure_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="twin-test-"))
    folder.chmod(0o711)
    yield folder
    Cluster(folder).stop(at_once=True)
    shutil.rmtree(folder, ignore_errors=True)


def test_from_nothing_to_postgis_and_back(home: Path) -> None:
    started = time.monotonic()
    made = ensure_cluster(home)
    assert time.monotonic() - started < 30  # 1.5 s on a machine that does nothing else
    assert made.running
    assert made.pid is not None
    with psycopg.connect(made.url()) as conn:
        assert conn.execute("SELECT current_user, postgis_lib_version() >= '3.3'").fetchone() == (
            "twin_login",
            True,
        )
        marked = conn.execute(
            "SELECT proleakproof FROM pg_proc WHERE proname = 'geometry_overlaps'"
        ).fetchone()
        assert marked == (True,)
        shown = conn.execute("SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", [list(EXPECTED)])
        assert dict(shown.fetchall()) == EXPECTED
    assert ensure_cluster(home).pid == made.pid  # found running
    made.stop()
    assert not made.running
    assert not (made.data / "postmaster.pid").exists()
    again = ensure_cluster(home)
    assert again.running
    with psycopg.connect(again.url("twin_owner")) as conn:
        assert conn.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)


EXPECTED = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "jit": "off",
    "server_encoding": "UTF8",
    "TimeZone": "UTC",
    "max_wal_size": "1024",
}


def test_only_its_user_may_enter(home: Path) -> None:
    made = ensure_cluster(home, fsync=False)
    assert made.socket.stat().st_mode & 0o777 == 0o700
    assert made.data.stat().st_mode & 0o077 == 0
    assert "trust" not in "".join(
        line for line in (made.data / "pg_hba.conf").read_text().splitlines() if not line.startswith("#")
    )
    if not AS_ROOT:
        pytest.skip("needs root, to try as somebody else")
    for user in ("twin_login", "twin_owner", "postgres"):
        assert "Permission denied" in as_stranger(made.url(user))


def as_stranger(url: str) -> str:
    """What psql says to a user of the system who has nothing to do with us."""
    stranger = pwd.getpwnam("nobody")
    done = subprocess.run(
        [programs.choose().path("psql"), url, "-c", "SELECT 1"],
        user=stranger.pw_uid,
        group=stranger.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    return done.stderr


@pytest.mark.skipif(not AS_ROOT, reason="needs root, to try as somebody else")
def test_even_in_its_folder_a_stranger_is_refused_by_name(home: Path) -> None:
    """The folder's mode is one door, the map of users (peer) the other."""
    made = ensure_cluster(home, fsync=False)
    made.socket.chmod(0o711)
    (made.socket / f".s.PGSQL.{cluster_files.PORT}").chmod(0o777)
    for user in ("twin_login", "twin_owner", "postgres"):
        assert "Peer authentication failed" in as_stranger(made.url(user))


def test_roles_other_than_the_three_cannot_log_in(cluster: Cluster) -> None:
    for user in ("twin_service", "twin_admin", "nobody"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.url(user))


def test_two_clusters_stand_side_by_side(home: Path, cluster: Cluster) -> None:
    other = ensure_cluster(home, fsync=False)
    assert other.pid != cluster.pid
    for one in (other, cluster):
        with psycopg.connect(one.url("postgres")) as conn:
            assert conn.execute("SHOW data_directory").fetchone() == (str(one.data),)


def test_two_commands_at_once_make_one_cluster(home: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: ensure_cluster(home, fsync=False), range(3)))
    assert len({one.pid for one in made}) == 1


def test_a_long_home_gets_a_short_socket(home: Path) -> None:
    deep = home / ("城" * 20) / ("市" * 20)
    deep.mkdir(parents=True)
    made = ensure_cluster(deep, fsync=False)
    try:
        assert not made.socket.is_relative_to(deep)
        assert len(os.fsencode(made.socket / ".s.PGSQL.5432")) <= 107
        assert made.socket.stat().st_mode & 0o777 == 0o700
        with psycopg.connect(made.url()) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
    finally:
        made.stop()
        shutil.rmtree(made.socket)


def test_a_socket_folder_of_somebody_else_is_not_used(home: Path) -> None:
    if not AS_ROOT:
        pytest.skip("needs root, to make a folder of somebody else")
    made = Cluster(home)
    made.socket.mkdir()
    os.chown(made.socket, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(TwinError, match="TWIN-605"):
        ensure_cluster(home, fsync=False)


def test_half_a_cluster_is_made_anew(home: Path) -> None:
    """An initdb that was killed leaves its folder beside the place, and no cluster in it."""
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("15")
    assert ensure_cluster(home, fsync=False).running


def test_killed_it_comes_back_with_what_was_committed(home: Path) -> None:
    import signal

    made = ensure_cluster(home)
    with psycopg.connect(made.url("twin_owner"), autocommit=True) as conn:
        conn.execute("CREATE SCHEMA city")
        conn.execute("CREATE TABLE city.kept AS SELECT 7 AS seven")
        pid = made.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while made.running and time.monotonic() < deadline:
        time.sleep(0.05)
    again = ensure_cluster(home)
    with psycopg.connect(again.url("twin_owner")) as conn:
        assert conn.execute("SELECT seven FROM city.kept").fetchone() == (7,)


def test_a_closed_parent_folder_is_told_before_anything_is_made() -> None:
    if not AS_ROOT:
        pytest.skip("only root drops to another user")
    with tempfile.TemporaryDirectory(prefix="twin-test-") as closed:
        home = Path(closed) / "home"
        with pytest.raises(TwinError, match="TWIN-605") as caught:
            ensure_cluster(home, fsync=False)
        assert f"chmod o+x {closed}" in caught.value.text.en
        assert not (home / "postgres").exists()


def test_missing_programs_are_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_PATHS", ())
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TwinError, match="TWIN-601") as caught:
        programs.choose()
    assert "apt-get install postgresql" in caught.value.text.zh
    monkeypatch.undo()
    with pytest.raises(TwinError, match="TWIN-602"):
        programs.choose(9)


def test_databases_come_and_go(cluster: Cluster) -> None:
    create_database(cluster, 'odd "name"; --')
    with psycopg.connect(cluster.url("twin_owner", 'odd "name"; --')) as conn:
        assert conn.execute("SELECT ST_AsText(ST_MakePoint(1, 2))").fetchone() == ("POINT(1 2)",)
    drop_database(cluster, 'odd "name"; --')
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.url("twin_owner", 'odd "name"; --'))
