"""The tables of the system itself: settings, keys, runs, rasters, data versions."""

from __future__ import annotations

from typing import Any

from alembic import op

from twin.store.queryfile import query

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # psycopg's own connection: it takes several statements in one text.
    connection: Any = op.get_bind().connection.driver_connection
    for name in ("settings", "keys", "runs", "artifacts", "versions", "functions"):
        connection.execute(query("system_0001", name))
