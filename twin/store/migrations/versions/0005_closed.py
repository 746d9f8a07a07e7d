"""Runs that are not for everybody."""

from __future__ import annotations

from typing import Any

from alembic import op

from twin.store.queryfile import query

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection
    connection.execute(query("system_0005", "closed"))
