"""A server that is not ours: prepared by ``docker/postgis-init.sh``, passwords over TCP, migrated and used by URL."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from pydantic import SecretStr

from twin.access.actor import ANONYMOUS, Actor
from twin.cli.deployment import Deployment
from twin.errors import TwinError
from twin.settings import Settings
from twin.store import keys, programs
from twin.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "docker" / "postgis-init.sh"
pytestmark = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")


@dataclass(frozen=True)
class Server:
    """A plain PostgreSQL that knows nothing of the twin: superuser by password, loopback only."""

    port: int
    environment: dict[str, str]

    def prepare(self, **changed: str) -> subprocess.CompletedProcess[str]:
        env = {key: value for key, value in (self.environment | changed).items() if value}
        return subprocess.run([SCRIPT], env=env, capture_output=True, text=True, timeout=60, check=False)

    def url(self, user: str, password: str, database: str = "twin") -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    @property
    def settings(self) -> Settings:
        """What an operator would set."""
        return Settings(
            home=Path(self.environment["HOME"]),
            database_url=SecretStr(self.url("twin_login", self.environment["TWIN_LOGIN_PASSWORD"])),
            owner_url=SecretStr(self.url("twin_owner", self.environment["TWIN_OWNER_PASSWORD"])),
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="twin-managed-"))
    user, chosen, port = programs.unprivileged(), programs.choose(), _free_port()
    password = secrets.token_hex(12)
    (home / "password").write_text(password)
    if user is not None:
        home.chmod(0o711)
        for path in (home, home / "password"):
            os.chown(path, user.pw_uid, user.pw_gid)
    data = home / "data"
    made = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={home / 'password'}"]
    made += ["--username=boss", "--no-sync"]
    programs.run([chosen.path("initdb"), f"--pgdata={data}", *made], user, home)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    pg_ctl = [chosen.path("pg_ctl"), f"--pgdata={data}", "--wait", "--silent"]
    programs.run([*pg_ctl, "start", f"--log={home / 'log'}", f"--options={options}"], user, home)
    try:
        yield Server(
            port,
            {
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "PGHOST": "127.0.0.1",
                "PGPORT": str(port),
                "PGUSER": "boss",
                "PGPASSWORD": password,
                "TWIN_OWNER_PASSWORD": "o'wner " + secrets.token_hex(8),
                "TWIN_LOGIN_PASSWORD": secrets.token_hex(8),
            },
        )
    finally:
        programs.run([*pg_ctl, "stop", "--mode=immediate"], user, home)
        shutil.rmtree(home)


def test_without_passwords_nothing_is_made(server: Server) -> None:
    done = server.prepare(TWIN_OWNER_PASSWORD="")
    assert done.returncode != 0
    assert "TWIN_OWNER_PASSWORD" in done.stderr
    with psycopg.connect(server.url("boss", server.environment["PGPASSWORD"], "postgres")) as conn:
        assert conn.execute("SELECT 1 FROM pg_roles WHERE rolname LIKE 'twin%'").fetchone() is None


def test_the_script_prepares_a_server_that_the_twin_can_use(server: Server) -> None:
    for _ in range(2):
        done = server.prepare()
        assert done.returncode == 0, done.stderr
    deployment = Deployment(server.settings)
    assert deployment.cluster is None
    assert migrate(deployment.owner_url, deployment.catalog, 4547).steps
    assert not migrate(deployment.owner_url, deployment.catalog, 4547).steps
    with deployment.store() as store:
        with store.service() as conn:
            assert keys.verify(conn, keys.create(conn, "planner", "test")) is not None
        with store.transaction(Actor("admin"), write=True) as conn:
            conn.execute(
                "INSERT INTO city.road_node (code, kind, geom) "
                "VALUES ('N1', 'junction', ST_SetSRID(ST_MakePoint(5e5, 25e5), 4547))"
            )
        with store.transaction(ANONYMOUS) as conn:
            assert conn.execute("SELECT count(*) FROM city.road_node").fetchone() == (1,)
        with pytest.raises(TwinError, match="TWIN-405"), store.transaction(ANONYMOUS) as conn:
            conn.execute("SELECT count(*) FROM city.camera")


def test_the_roles_have_no_more_than_they_need(server: Server) -> None:
    assert server.prepare().returncode == 0
    deployment = Deployment(server.settings)
    migrate(deployment.owner_url, deployment.catalog, 4547)
    with psycopg.connect(server.url("boss", server.environment["PGPASSWORD"])) as conn:
        found = conn.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolinherit FROM pg_roles "
            "WHERE rolname IN ('twin_owner', 'twin_login') ORDER BY 1"
        ).fetchall()
        marked = conn.execute(
            "SELECT bool_and(proleakproof) FROM pg_proc WHERE proname = 'geometry_overlaps' AND pronargs = 2"
        ).fetchone()
    assert found == [("twin_login", False, False, False, False), ("twin_owner", False, False, True, True)]
    assert marked == (True,)
    with (
        psycopg.connect(deployment.url) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute("SELECT * FROM city.building")


def test_secrets_print_redacted(server: Server) -> None:
    shown = repr(server.settings)
    assert server.environment["TWIN_LOGIN_PASSWORD"] not in shown
    assert server.environment["TWIN_OWNER_PASSWORD"] not in shown
