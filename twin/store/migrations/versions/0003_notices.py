"""Caches hear of rasters and of runs that are published or withdrawn."""

from __future__ import annotations

from typing import Any

from alembic import op

from twin.store.queryfile import query

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection
    for name in ("process", "artifacts", "states", "removals", "triggers"):
        connection.execute(query("system_0003", name))
