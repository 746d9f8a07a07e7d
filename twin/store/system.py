"""The parts of the database that no catalogue changes: roles, schemas, system tables (by Alembic), the queue."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from procrastinate.schema import SchemaManager
from psycopg import sql
from pyproj import CRS
from pyproj.exceptions import CRSError

from twin.errors import TwinError
from twin.store import names, session
from twin.store.queryfile import composed, query

if TYPE_CHECKING:
    from twin.catalog.spec import Catalog
    from twin.text import Text


log = logging.getLogger("twin.store")


def roles_missing(conn: psycopg.Connection, catalog: Catalog) -> list[sql.Composed]:
    """What makes the access roles exist, and lets the login role and the owner act as them."""
    wanted = [*(names.role(name) for name in catalog.access.roles), names.SERVICE]
    there = {row[0] for row in conn.execute("SELECT rolname FROM pg_roles").fetchall()}
    member = {row[0] for row in conn.execute(query("system", "members"), [names.LOGIN]).fetchall()}
    steps = []
    if names.LOGIN not in there:
        steps.append(composed("system", "login_role"))
    for role in wanted:
        if role not in there:
            steps.append(composed("system", "access_role", role=sql.Identifier(role)))
        if role not in member:
            steps.append(composed("system", "membership", role=sql.Identifier(role)))
    return steps


def make_roles(conn: psycopg.Connection, catalog: Catalog) -> None:
    """Roles belong to the whole server: another database's migration may make the same one at the same time."""
    for step in roles_missing(conn, catalog):
        try:
            conn.execute(step)
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            continue


def upgrade(url: str, catalog: Catalog, srid: int | None, city: Text | None = None) -> int:
    """Bring roles, schemas, system tables and queue to their newest state; returns the storage CRS (EPSG code).

    ``srid`` is needed for a new database and must not differ from an old one's (TWIN-622).
    """
    with psycopg.connect(url, autocommit=True) as conn:
        _postgis(conn)
        make_roles(conn, catalog)
        for schema in names.SCHEMAS:
            conn.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        conn.execute(composed("system", "database", database=sql.Identifier(conn.info.dbname)))
    _alembic(url)
    with psycopg.connect(url, autocommit=True) as conn:
        _queue(conn)
        return _storage_crs(conn, srid, city)


def unmarked(conn: psycopg.Connection) -> bool:
    """True when ``geometry_overlaps`` lost its LEAKPROOF mark (a restore from a dump does that)."""
    row = conn.execute(query("system", "leakproof")).fetchone()
    return not (row and row[0])


def _postgis(conn: psycopg.Connection) -> None:
    """On a server that is not ours: PostGIS must be there, and somebody should have set the mark."""
    if conn.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone() is None:
        try:
            conn.execute(query("cluster", "extension"))
        except psycopg.Error as error:
            raise TwinError(
                "TWIN-627",
                "数据库没有 PostGIS：请管理员在该库执行 CREATE EXTENSION postgis",
                "the database has no PostGIS: let its administrator run CREATE EXTENSION postgis in it",
                status=503,
            ) from error
    if unmarked(conn):
        try:
            conn.execute(query("cluster", "mark"))
        except psycopg.errors.InsufficientPrivilege:
            log.warning(session.UNMARKED)


def stored_crs(url: str) -> int | None:
    """The storage CRS of a database that has one; None for a new database."""
    with psycopg.connect(url) as conn:
        if conn.execute("SELECT to_regclass('gov.setting')").fetchone() == (None,):
            return None
        row = conn.execute("SELECT srid FROM gov.setting").fetchone()
        return int(row[0]) if row else None


def check_crs(srid: int) -> CRS:
    """The storage CRS must be projected, in metres. Raises TWIN-621."""
    with suppress(CRSError):
        crs = CRS.from_epsg(srid)
        if crs.is_projected and all(axis.unit_conversion_factor == 1 for axis in crs.axis_info):
            return crs
    raise TwinError(
        "TWIN-621",
        f"存储坐标系 EPSG:{srid} 不是以米为单位的投影坐标系，请选 CGCS2000 高斯投影带（如 EPSG:4547）",
        f"the storage CRS EPSG:{srid} is not projected in metres: choose a CGCS2000 zone such as EPSG:4547",
        where="crs",
    )


def _alembic(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=sa.NullPool
    )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _queue(conn: psycopg.Connection) -> None:
    """Procrastinate's own schema, in the schema ``queue``: its SQL names no schema, so the search path does."""
    if conn.execute("SELECT to_regclass('queue.procrastinate_jobs')").fetchone() != (None,):
        return
    with conn.transaction():
        conn.execute("SET LOCAL search_path = queue, pg_catalog")
        conn.execute(SchemaManager.get_schema())


def _storage_crs(conn: psycopg.Connection, srid: int | None, city: Text | None) -> int:
    row = conn.execute("SELECT srid FROM gov.setting").fetchone()
    stored = int(row[0]) if row else None
    if stored is not None and srid not in (None, stored):
        raise TwinError(
            "TWIN-622",
            f"本库的存储坐标系是 EPSG:{stored}，不能改为 EPSG:{srid}：请新建数据库并重新导入",
            f"this database stores EPSG:{stored} and cannot turn to EPSG:{srid}: make a new database and import again",
            where="crs",
        )
    if stored is None:
        if srid is None:
            raise TwinError(
                "TWIN-623",
                "新建数据库需要存储坐标系：--crs",
                "a new database needs a storage CRS: --crs",
                where="crs",
            )
        check_crs(srid)
        stored = srid
        conn.execute("INSERT INTO gov.setting (srid) VALUES (%s)", [srid])
    if city is not None:
        conn.execute("UPDATE gov.setting SET city = %s::jsonb", [city.model_dump_json()])
    return stored
